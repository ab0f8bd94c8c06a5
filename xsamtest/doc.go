// Package xsamtest checks whether a model of your own comes out right under package xsam: a conformance test, in one
// call from a test of yours.
//
//	func TestConformance(t *testing.T) {
//		xsamtest.Check(t, xsamtest.Program{
//			Backend:      engine,
//			Objective:    func() *objective.Objective { return objective.New(modelFn, lossFn) },
//			Batch:        func(i int) train.Batch { return batches.At(i) },
//			MicroBatches: 2,
//		})
//	}
//
// Each check holds the optimizer against something that does not use it: plain GoMLX, a step of SAM made by hand from
// plain gradients, the undivided batch, differences of gradients.
//
//	program.go   Program: what is checked
//	report.go    Check, Run and the Report
//	checks.go    the checks of training
//	sambyhand.go SAM's step from two plain gradients
//	products.go  the check of Hessian-vector products
//	engine.go    the check of the engine
package xsamtest
