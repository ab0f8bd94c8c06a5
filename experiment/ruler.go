package experiment

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/datasets"
)

// The names of the matrices that can be measured, of the ways to multiply with the Hessian, and of the ways to take batch
// norm.
var (
	OperatorNames = []string{"hessian", "gauss-newton", "fisher", "adam"}
	ProductNames  = []string{"exact", "difference"}
	NormNames     = []string{"batch", "running"}
)

// rulerOptions say of which loss a ruler measures the curvature.
type rulerOptions struct {
	Examples int    // the first training examples; 0 for all
	Batch    int    // in batches of so many
	Norm     string // "batch": with the statistics of batches in batch norm, as in training; "running": as in evaluation
}

// ruler measures the mean loss of the first training examples. It leaves no trace in the store, and measures the weights
// that the store holds.
type ruler struct {
	problem  *curvature.Problem
	batches  []train.Batch
	examples int
	batch    int
	exact    map[string]curvature.Operator // compiled ones, by name; they serve all weights
}

func newRuler(ctx context.Context, p *program, o rulerOptions) (r *ruler, err error) {
	set := p.data.Train
	if o.Examples > 0 && o.Examples < set.Len() {
		set = set.First(o.Examples)
	}
	r = &ruler{examples: set.Len(), batch: min(o.Batch, set.Len()), exact: map[string]curvature.Operator{}}
	defer func() {
		if err != nil {
			err = rulerError(ctx, errors.Join(err, r.close()))
			r = nil
		}
	}()
	if r.batches, err = curvature.Batches(datasets.NewEvaluation(set, r.batch, p.dtype)); err != nil {
		return r, err
	}
	norm := curvature.BatchStatistics
	if o.Norm == "running" {
		norm = curvature.RunningAverages
	}
	loss, err := p.measured()
	if err != nil {
		return r, err
	}
	r.problem, err = curvature.NewProblem(ctx, p.engine.Backend, p.store, loss, r.batches, curvature.ProblemOptions{Norm: norm})
	return r, err
}

// rulerError says what was being done, and is plainly ctx's error when ctx has ended.
func rulerError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("experiment: measuring curvature: %w", err)
}

// hessian is the Hessian with exact products.
func (r *ruler) hessian() (curvature.Operator, error) {
	return r.compiled("hessian", func() (curvature.Operator, error) { return curvature.NewHessian(r.problem, curvature.Exact) })
}

func (r *ruler) compiled(name string, create func() (curvature.Operator, error)) (curvature.Operator, error) {
	if r.exact[name] == nil {
		op, err := create()
		if err != nil {
			return nil, err
		}
		r.exact[name] = op
	}
	return r.exact[name], nil
}

// matrix is an operator of OperatorNames at the weights that the store holds now, after the given number of updates. Scales
// are the s of the Adam-preconditioned Hessian S·H·S; nil for other operators.
func (r *ruler) matrix(operator, method string, step int64) (h curvature.Operator, scales []float64, err error) {
	switch operator {
	case "gauss-newton":
		h, err = r.compiled(operator, func() (curvature.Operator, error) { return curvature.NewGaussNewton(r.problem), nil })
		return h, nil, err
	case "fisher":
		h, err = r.compiled(operator, func() (curvature.Operator, error) { return curvature.NewEmpiricalFisher(r.problem), nil })
		return h, nil, err
	}
	if method == "difference" {
		h, err = curvature.NewHessian(r.problem, curvature.CentralDifference) // its step goes by the weights
	} else {
		h, err = r.hessian()
	}
	if err != nil || operator != "adam" {
		return h, nil, err
	}
	scales, err = r.problem.AdamScales(curvature.AdamOptions{ // GoMLX's defaults, which base.go leaves as they are
		Scope: optimizer.AdamDefaultScope, Beta2: 0.999, Epsilon: 1e-7, Step: float64(step),
	})
	if err != nil {
		return nil, nil, err
	}
	h, err = curvature.Preconditioned(h, scales)
	return h, scales, err
}

// gradient is that of the loss, which comes with it.
func (r *ruler) gradient(ctx context.Context) (g []float64, loss float64, err error) {
	g = make([]float64, r.problem.Dim())
	loss, err = r.problem.Gradient(ctx, g, nil)
	return g, loss, err
}

// close frees what the garbage collector does not see.
func (r *ruler) close() (err error) {
	if r.problem != nil {
		r.problem.Close()
	}
	for _, b := range r.batches {
		err = errors.Join(err, b.Finalize())
	}
	return err
}
