package xsamtest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/curvature"
)

// products compares an exact product of the Hessian with a difference of gradients.
func products(p Program) Finding {
	ctx, store := context.Background(), p.store()
	if err := p.plain(store, still(), 1); err != nil {
		return failed(err)
	}
	problem, err := curvature.NewProblem(ctx, p.Backend, store, p.Objective(), []train.Batch{p.Batch(0)},
		curvature.ProblemOptions{Norm: curvature.RunningAverages})
	if err != nil {
		return failed(err)
	}
	defer problem.Close()
	exact, err := curvature.NewHessian(problem, curvature.Exact)
	if err != nil {
		return failed(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	v := make([]float64, problem.Dim())
	var size float64
	for i := range v {
		v[i] = random.NormFloat64()
		size += v[i] * v[i]
	}
	for i := range v {
		v[i] /= math.Sqrt(size)
	}
	got, want := make([]float64, len(v)), make([]float64, len(v))
	if err := exact.Apply(ctx, got, v); err != nil {
		return Finding{Skipped: "no exact products for this model, differences serve instead: " + err.Error()}
	}
	allowed := 0.05
	if double(store) {
		allowed = 1e-4
	}
	// Of the steps that the difference may be taken with the best one counts: long ones cross the kinks of ReLU and max
	// pooling, short ones are rounding. Where two steps in a row agree, the product has to agree with them.
	best, settled := math.Inf(1), math.Inf(1)
	var before []float64
	for step := curvature.RelativeStep(problem.DType()); step > 1e-3*curvature.RelativeStep(problem.DType()); step /= 4 {
		differences, err := curvature.NewDifferenceHessian(problem, step)
		if err != nil {
			return failed(err)
		}
		if err := differences.Apply(ctx, want, v); err != nil {
			return failed(err)
		}
		var off, length float64
		for i := range got {
			off += (got[i] - want[i]) * (got[i] - want[i])
			length += want[i] * want[i]
		}
		if length == 0 {
			return Finding{Passed: off == 0, Detail: "the Hessian is 0 here"}
		}
		best = min(best, math.Sqrt(off/length))
		if before != nil {
			var change float64
			for i := range want {
				change += (want[i] - before[i]) * (want[i] - before[i])
			}
			settled = min(settled, math.Sqrt(change/length))
		}
		before = slices.Clone(want)
	}
	detail := fmt.Sprintf("differ by %.1e, %.0e is allowed", best, allowed)
	if best <= allowed {
		return Finding{Passed: true, Detail: detail}
	}
	if settled > allowed {
		return Finding{Skipped: fmt.Sprintf("the differences do not settle (%.0e between two steps): kinks of ReLU or max "+
			"pooling within all of them", settled)}
	}
	return Finding{Detail: detail + ": the differences agree with one another and not with the product: please report it"}
}
