// Package recipes holds the experiments of the X-SAM paper, each as one thing to run: {CIFAR-10, CIFAR-100, Fashion-MNIST} ×
// {ResNet-18, ResNet-34, AlexNet, VGG-11 with batch norm, WRN-28-10}, by plain descent, SAM, X-SAM in the paper's form
// and X-SAM in ours.
//
//	study.go   Study: which data set and which model, by name
//	plan.go    Plan: a study at a scale, with all its settings; the runs that it stands for
//	small.go   the small scale, sized to half an hour on two cores by counted work
//	cost.go    multiply-adds of a model, and the time that a plan takes
//	data.go    whether the images are there
//	run.go     Run: the runs, and what they say of the paper's claims
//	tune.go    the same search budget for each method, on validation images
//	search.go  the settings that the search tries
//
// What is published of the paper's settings is batch 256, 200 epochs, SGD, weight decay 5e-5, ρ 0.05 and 0.1, α 0.2, k 3, and
// three seeds. The rest is ours: learning rate, momentum 0.9, cosine schedule, shifted and mirrored images.
//
// Reference: Duan et al. (2026), arXiv:2601.10251.
package recipes
