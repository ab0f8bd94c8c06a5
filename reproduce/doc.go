// Package reproduce holds experiments of the X-SAM paper, each as one thing to run: {CIFAR-10, CIFAR-100,
// Fashion-MNIST} × {ResNet-18, ResNet-34, AlexNet, VGG-11 with batch norm, WRN-28-10}, by plain descent, SAM, X-SAM as
// published, that without its correction, and X-SAM in our forms.
//
// What is published of the paper's settings is batch 256, 200 epochs, SGD with momentum 0.9, learning rate 0.1 on a
// cosine by epoch, weight decay 5e-5, ρ 0.05 and 0.1, α 0.2, k 3. The rest is ours: seeds, shifted and mirrored images,
// 0.02 for AlexNet, ResNet-18, and the cosine by step, which is finer than by epoch.
//
// Reference: Duan et al. (2026), arXiv:2601.10251.
package reproduce
