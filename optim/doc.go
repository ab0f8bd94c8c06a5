// Package optim holds the base optimizers that GoMLX lacks: the last line of a training step, in which a gradient
// becomes an update of the weights. Nothing here knows about sharpness; package xsam hands its corrected gradient to any
// of these, or to GoMLX's own Adam and AdamW.
//
//	base := optim.SGD(0.1).Momentum(0.9).WeightDecay(5e-4).Done()
//	base = optim.Clip(base, 1)                                                        // ‖g‖ ≤ 1
//	base = optim.Scheduled(base, 0.1, optim.LinearWarmup(500, optim.Cosine(10_000))) // lr·factor(step)
//
// Files: sgd.go (the update), clip.go (global norm), schedule.go (factors as functions of the step), scheduled.go (a base
// with a schedule), gradients.go (which variables are trained, and in which order).
//
// A wrong setting is a programming error and panics, with an error that names the setting, where the optimizer is
// made: in Done, Clip, Scheduled or the constructor of a schedule.
//
// Numbers that are not finite. None of the optimizers looks at its gradient: a NaN or an infinity goes into the weights
// and into the momentum, and training ends with GoMLX's error about the loss of the next step. Clip hands on such a
// gradient as it is, for the same reason. GoMLX's hyperparameter "clip_nan" (optimizer.ParamClipNaN) is honoured: with it, a
// variable whose gradient is not finite is updated as if that gradient were zero.
package optim
