// Package models has image classifiers as they are used on small images (28×28 to 32×32 pixels), built from package
// layers, so that their losses can be differentiated twice on every backend.
//
//	name             architecture                                                      parameters (32×32×3, 10 classes)
//	mlp              two hidden layers of 128 units                                    411,146 (26,122 at 8×8×1)
//	cnn              two convolutions of 16 and 32 channels, 64 hidden                 136,874
//	resnet8          residual, 16-16-32-64 channels, 1 block a stage                   78,042
//	resnet20         residual, 16-16-32-64 channels, 3 blocks a stage                  269,722
//	resnet18         residual, 64-64-128-256-512 channels, 2 blocks a stage            11,173,962
//	resnet34         residual, 64-64-128-256-512 channels, 3, 4, 6 and 3 blocks        21,282,122
//	wrn16-1          wide residual, depth 16, as wide as resnet8                       175,066
//	wrn16-4          wide residual, depth 16, 4 times as wide                          2,748,890
//	wrn28-10         wide residual, depth 28, 10 times as wide                         36,479,194
//	alexnet-narrow   alexnet with a quarter of the channels                            159,578
//	alexnet          five convolutions, three max poolings, one dense layer            2,472,266
//	vgg11-bn-narrow  vgg11-bn with a quarter of the channels                           579,786
//	vgg11-bn         eight convolutions with batch norm, five max poolings, one dense  9,231,114
//	mixer            tokens of 64 numbers from 4×4 pixels, four blocks of an MLP-mixer        87,658
//	vit              the same tokens, four blocks of a vision transformer              141,898
//
// Beside these, mlp-DEPTHxWIDTH is a perceptron of any size: mlp-2x128 is the mlp. They are for measuring what a step
// costs.
//
// Weights are drawn on the host, each variable from a stream of its own, so a seed gives the same model on every
// backend. See [Config].
package models
