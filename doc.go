// Package xsam is X-SAM, a sharpness-aware optimizer for GoMLX that keeps the largest eigenvalue of the Hessian down.
//
// One step, at weights w, with v the dominant eigenvector of the Hessian and c = ⟨g_adv, v⟩:
//
//	ε     = ρ g/‖g‖, g = ∇L(w)           perturb.go      SAM's ascent
//	g_adv = ∇L(w + ε)                    gradient.go     the gradient at the perturbed point
//	v, λ  from the pair ∇L(w ± r v)      eigenvector.go  every few steps; pair.go has what a pair says, schedule.go when
//	g̃     = g_adv − α|c|v                correct.go      λ falls along +v
//	w     ← base optimizer (w, g̃)        optimizer.go    SGD, Adam, ...
//
// A refresh of v is a step of its own kind: from the one pair of gradients at w ± r v come the new v, λ, the side on
// which λ falls, and g_adv itself. So X-SAM takes two gradients a step, as SAM does, and X-SAM lite, which ascends only
// along v, 1.2. SAM, ASAM and plain descent are configurations of the same optimizer; so is X-SAM as published, with
// exact Hessian-vector products.
//
// Three lines put it into a GoMLX program:
//
//	obj := objective.New(modelFn, lossFn)
//	opt, err := xsam.New(obj, optim.SGD(0.1).Momentum(0.9).Done(), xsam.DefaultConfig())
//	trainer := train.NewTrainer(backend, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
//	_, err = train.NewLoop(trainer).RunSteps(opt.Schedule(store, trainingData), steps)
//
// Batches too large for the device are cut into micro-batches, whose gradients are summed before anything is done with them:
// accumulate.go is what the trainer sees, microbatch.go the graph of one.
//
// reuse.go lets plain steps go on with an earlier ascent (LookSAM), interval.go has the interval between refreshes follow the Hessian.
//
// config.go holds the configuration and its presets, state.go what lives between steps, probe.go what a step measured,
// register.go the names under which GoMLX finds the optimizer.
//
// Reference: Duan, Chen, Guan (2026), arXiv:2601.10251.
package xsam
