// Package xsam is X-SAM, a sharpness-aware optimizer for GoMLX that holds down the largest eigenvalue of the Hessian.
//
// One step, at weights w, with v the dominant eigenvector of the Hessian:
//
//	g_adv = ∇L(w + ε), ε = ρ g/‖g‖, g = ∇L(w)       ascent.go, gradient.go    SAM's ascent
//	v, λ    from the pair ∇L(w ± r v)               pair.go, eigenvector.go   every few steps
//	h     = g_adv, or g_adv of another length       length.go
//	g̃     = h − α|⟨h, v⟩|v                          correct.go                λ falls along +v
//	w     ← base optimizer (w, g̃)                   optimizer.go              SGD, Adam, ...
//
// Whatever the sign of ⟨h, v⟩, the correction moves w along +v, and so v must point where λ falls.
//
// A refresh of v is a step of its own kind: from the one pair of gradients at w ± r v come the new v, λ, the side on
// which λ falls, and g_adv itself. So X-SAM takes two gradients a step, as SAM does, and X-SAM lite, which ascends only
// along v, 1.2. SAM and its relatives are configurations of the same optimizer (preset.go); so is X-SAM as its authors
// run it, PaperConfig, with exact Hessian-vector products.
//
// These lines put it into a GoMLX program:
//
//	obj := objective.New(modelFn, lossFn)
//	opt, err := xsam.New(obj, optim.SGD(0.1).Momentum(0.9).Done(), xsam.DefaultConfig())
//	trainer := train.NewTrainer(backend, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
//	_, err = train.NewLoop(trainer).RunSteps(opt.Schedule(store, trainingData), steps)
//
// To add a method: a file with its function (momentum.go, gap.go), a row of Presets in preset.go, a row of Methods in
// internal/parameter, a golden trajectory (testdata/golden/make_family.py), and its name in the tables of
// validate_test.go, program_test.go and users_test.go. A new setting is a field in config.go, a check in validate.go
// and a row in internal/parameter.
//
// phase.go says between which steps there is more than the base optimizer, mask.go which parameters an ascent moves;
// bound.go bounds the correction, risen.go ends it while the loss has risen, limit.go keeps λ under a bound.
//
// The rest: config.go and validate.go hold the configuration, parameter.go its names, schedule.go says which kind of
// step comes next, state.go what lives between steps, stats.go what a step measured. accumulate.go and microbatch.go
// cut batches that are too large for the device; interval.go has the refreshes follow the Hessian; passorder.go is
// there for XLA's sake and changes no result.
//
// Reference: Duan, Chen, Guan (2026), arXiv:2601.10251, and its authors' code.
package xsam
