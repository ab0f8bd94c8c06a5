// Package reproduce holds the experiments of the X-SAM paper, each as one thing to run: {CIFAR-10, CIFAR-100,
// Fashion-MNIST} × {ResNet-18, AlexNet, WRN-28-10}, by plain descent, SAM, X-SAM in the paper's form and X-SAM in ours.
//
// What is published of the paper's settings is batch 256, 200 epochs, SGD, weight decay 5e-5, ρ 0.05 and 0.1, α 0.2,
// k 3, and three seeds. The rest is ours: learning rate, momentum 0.9, cosine schedule, shifted and mirrored images.
//
// Reference: Duan et al. (2026), arXiv:2601.10251.
package reproduce
