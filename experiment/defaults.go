package experiment

// Defaults returns the recipe that a data set starts from, without a method. An unknown data set gets that of glyphs under
// its own name; Validate says what is wrong.
//
//	glyphs, digits            mlp, batch 64, lr 0.05 to 0 on a cosine, momentum 0.9, weight decay 5e-5, 20 % label noise
//	mnist, fashion-mnist,     resnet8, batch 128, lr 0.1 to 0 on a cosine, momentum 0.9, weight decay 5e-4, labels as they are
//	cifar10, cifar100
//
// Weight decay acts on every parameter, there is no warm-up and no augmentation.
func Defaults(data string) Recipe {
	r := Recipe{
		Data:       data,
		LabelNoise: 0.2,
		Model:      "mlp",
		DType:      "float32",
		Epochs:     60,
		Batch:      64,
		Base: Base{
			Optimizer: "sgd", LearningRate: 0.05, Schedule: "cosine", Momentum: 0.9, WeightDecay: 5e-5, DecayBiasesAndNorms: true,
		},
		EvaluateEvery:   3,
		LambdaExamples:  512,
		LambdaBatch:     512,
		LambdaTolerance: 1e-2,
		LambdaProducts:  200,
	}
	switch data {
	case "digits":
		r.LambdaExamples, r.LambdaBatch = 0, 1000 // all that there are
	case "mnist", "fashion-mnist", "cifar10", "cifar100":
		r.LabelNoise, r.Model = 0, "resnet8"
		r.Epochs, r.Batch, r.LearningRate, r.WeightDecay = 25, 128, 0.1, 5e-4
		r.EvaluateEvery, r.LambdaBatch = 5, 128
	}
	return r
}
