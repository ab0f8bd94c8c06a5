// Package optim has the base optimizers that GoMLX lacks. A base optimizer is the last line of a training step: it
// turns a gradient into an update of the weights. Nothing here knows about sharpness. Package xsam hands its
// corrected gradient to any of these, or to GoMLX's own Adam and AdamW.
//
//	base := optim.SGD(0.1).Momentum(0.9).WeightDecay(5e-4).Done()
//	base = optim.Clip(base, 1)                                                   // ‖g‖ ≤ 1
//	base = optim.Scheduled(base, optim.LinearWarmup(500, optim.Cosine(10_000))) // 0.1·factor(step)
//
// The files:
//
//	sgd.go        the update
//	clip.go       clipping by the norm of the whole gradient
//	schedule.go   factors on the learning rate, as functions of the step
//	scheduled.go  a base optimizer with a schedule
//	gradients.go  which variables are trained, and in which order
//
// A wrong setting is a programming error. It panics where the optimizer is made, in Done, Clip, Scheduled or the
// constructor of a schedule, with an error that names the setting.
//
// No optimizer here checks that its gradient is finite. A NaN or an infinity goes into the weights and the momentum,
// and training ends with GoMLX's error about the next loss. Clip passes such a gradient on as it is. With GoMLX's
// hyperparameter "clip_nan" (optimizer.ParamClipNaN), a variable whose gradient is not finite is updated as if that
// gradient were zero.
package optim
