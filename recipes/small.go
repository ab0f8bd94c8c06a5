package recipes

import "time"

// smallBudget is the estimated time to which a small plan is sized. It leaves little of half an hour for what the estimate
// does not know.
const smallBudget = 28 * time.Minute

// small sets the small scale: the model of Study.Small, a fixed number of images, and as many epochs as the budget allows by
// counted work (cost.go), whatever the number of seeds that is asked for later. One ρ, 0.05, batch 32.
//
//	resnet8          1,000 images, 1,000 to test on
//	alexnet-narrow   2,000 images, 1,000 to test on
//	vgg11-bn-narrow  600 images, 500 to test on
//	wrn16-1          600 images, 500 to test on
//
// λmax (on 64 training images) and test accuracy are measured after every third of the epochs, rounded up, and at the end.
func (p *Plan) small() {
	b := &p.Base
	b.Model, b.Batch, b.LearningRate = p.Study.Small, 32, 0.05
	b.TrainSize, b.TestSize, b.LambdaExamples = 1000, 1000, 64
	switch b.Model {
	case "alexnet-narrow":
		b.TrainSize, b.LearningRate = 2000, 0.02
	case "vgg11-bn-narrow":
		// Five epochs of plain descent on Fashion-MNIST end at training losses of 0.14, 0.18 and 0.24 with this learning
		// rate, 0.38, 0.41 and 0.40 with 0.05, and 1.6 with 0.1.
		b.TrainSize, b.TestSize, b.LearningRate = 600, 500, 0.02
	case "wrn16-1":
		b.TrainSize, b.TestSize = 600, 500
	}
	b.LambdaBatch, b.LambdaTolerance, b.LambdaProducts = b.LambdaExamples, 2e-2, 40
	p.Methods = []Method{{"sgd", ourSeeds}, {"sam", ourSeeds}, {"nsam", ourSeeds}, {"xsam-paper", paperSeeds}, {"xsam", ourSeeds}, {"xsam-lite", ourSeeds}}
	p.Validation, p.Trials, p.TrialTrain = 1000, 5, b.TrainSize

	for epochs := 3; epochs <= 30; epochs++ {
		longer := *p
		longer.Base.Epochs = epochs
		longer.Base.LambdaEvery = (epochs + 2) / 3
		longer.Base.EvaluateEvery = longer.Base.LambdaEvery
		if epochs > 3 && longer.Time() > smallBudget {
			break
		}
		*b = longer.Base
	}
}
