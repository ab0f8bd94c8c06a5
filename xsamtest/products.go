package xsamtest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

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
	step, allowed := curvature.RelativeStep(problem.DType()), 0.05
	if double(store) {
		allowed = 1e-4
	}
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
	d := math.Sqrt(off / length)
	detail := fmt.Sprintf("differ by %.1e, %.0e is allowed", d, allowed)
	if d <= allowed {
		return Finding{Passed: true, Detail: detail}
	}
	return Finding{Detail: detail + ": kinks (ReLU, max pooling) within the step, or a wrong second derivative; " +
		"with smooth activations please report it"}
}
