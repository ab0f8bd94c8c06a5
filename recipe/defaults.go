package recipe

import "github.com/xsam-go/xsam/datasets/own"

// Defaults returns the recipe that a data set starts from, without a method. An unknown data set gets that of glyphs
// under its own name; Validate says what is wrong.
//
//	glyphs                  cnn, 1,000 images, 20 % label noise, 25 epochs, batch 64, lr 0.02, weight decay 5e-5: long
//	                        enough that plain descent fits some of the wrong labels, short enough that four methods with
//	                        four seeds train in two minutes on two cores
//	digits                  mlp, 1,000 images, 20 % label noise, 60 epochs, batch 64, lr 0.05, weight decay 5e-5
//	mnist, fashion-mnist,   resnet8, all images, labels as they are, 25 epochs, batch 128, lr 0.1, weight decay 5e-4
//	cifar10, cifar100
//	folder, npz, idx,       cnn, all images, labels as they are, 25 epochs, batch 32, lr 0.02, weight decay 5e-5
//	parquet
//	csv                     mlp, all lines, 60 epochs, batch 16, lr 0.05, weight decay 5e-5
//
// The learning rate falls to 0 on a cosine, momentum is 0.9, weight decay acts on every parameter; there is no warm-up
// and no augmentation.
func Defaults(data string) Recipe {
	r := Recipe{
		Data:       data,
		TrainSize:  1000,
		TestSize:   1000,
		LabelNoise: 0.2,
		Network:    Network{Model: "cnn"},
		DType:      "float32",
		Epochs:     25,
		Batch:      64,
		Base: Base{
			Optimizer: "sgd", LearningRate: 0.02, Schedule: "cosine", Momentum: 0.9, WeightDecay: 5e-5,
			DecayBiasesAndNorms: true,
		},
		EvaluateEvery:   5,
		LambdaExamples:  512,
		LambdaBatch:     512,
		LambdaTolerance: 1e-2,
		LambdaProducts:  200,
	}
	switch data {
	case "digits":
		r.TrainSize, r.TestSize = 0, 0 // the data set's own: 1,000 and 797
		r.Model, r.Epochs, r.LearningRate = "mlp", 60, 0.05
		r.LambdaExamples, r.LambdaBatch = 0, 1000 // all that there are
	case "mnist", "fashion-mnist", "cifar10", "cifar100":
		r.TrainSize, r.TestSize, r.LabelNoise = 0, 0, 0
		r.Model, r.Epochs, r.Batch, r.LearningRate, r.WeightDecay = "resnet8", 25, 128, 0.1, 5e-4
		r.EvaluateEvery, r.LambdaBatch = 5, 128
	}
	if source, ok := own.Parse(data); ok {
		r.TrainSize, r.TestSize, r.LabelNoise = 0, 0, 0
		r.Batch, r.LambdaBatch = 32, 128 // small sets have few images
		if source.Tabular() {
			r.Model, r.Epochs, r.Batch, r.LearningRate, r.LambdaBatch = "mlp", 60, 16, 0.05, 512
		}
	}
	return r
}
