package program

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/objective"
)

// ExamplesOptions say of which loss curvature is measured: that of the first Count training examples, 0 for all, in
// batches of so many.
type ExamplesOptions struct {
	Count, Batch int
	Norm         curvature.NormMode
}

// Examples are training examples on whose mean loss curvature is measured. That leaves no trace in the store, and is
// about the weights that the store holds at the time.
type Examples struct {
	Problem *curvature.Problem
	Count   int

	batches []train.Batch
	exact   *curvature.Hessian // nil before it is asked for
}

// NewExamples makes ready what measuring on the first training examples needs. Close it after use.
func (p *Program) NewExamples(ctx context.Context, o ExamplesOptions) (*Examples, error) {
	set := p.Data.Train
	if o.Count > 0 && o.Count < set.Len() {
		set = set.First(o.Count)
	}
	loss, err := p.measured()
	if err != nil {
		return nil, MeasuringError(ctx, err)
	}
	return p.examplesOf(ctx, datasets.NewEvaluation(set, min(o.Batch, set.Len()), p.dtype), loss, o.Norm)
}

// examplesOf makes ready what measuring a loss on all examples of a data set needs.
func (p *Program) examplesOf(ctx context.Context, data train.Dataset, loss *objective.Objective,
	norm curvature.NormMode) (e *Examples, err error) {
	e = &Examples{}
	defer func() {
		if err != nil {
			err = MeasuringError(ctx, errors.Join(err, e.Close()))
			e = nil
		}
	}()
	if e.batches, err = curvature.Batches(data); err != nil {
		return e, err
	}
	for _, b := range e.batches {
		if len(b.Inputs) > 0 && b.Inputs[0].Rank() > 0 {
			e.Count += b.Inputs[0].Shape().Dimensions[0]
		}
	}
	e.Problem, err = curvature.NewProblem(ctx, p.Engine.Backend, p.Store, loss, e.batches,
		curvature.ProblemOptions{Norm: norm})
	return e, err
}

// LambdaExamples are those on which λmax is measured, with the statistics of batches in batch norm, as in training:
// the recipe's, or the sample of a program of the user's own. The program closes them.
func (p *Program) LambdaExamples(ctx context.Context) (e *Examples, err error) {
	switch {
	case p.examples != nil:
	case p.own == nil:
		o := ExamplesOptions{p.recipe.LambdaExamples, p.recipe.LambdaBatch, curvature.BatchStatistics}
		p.examples, err = p.NewExamples(ctx, o)
	case p.own.sample == nil || p.objective == nil:
		return nil, MeasuringError(ctx, errors.New("there is no objective or no training data to measure on"))
	default:
		p.examples, err = p.examplesOf(ctx, p.own.sample, p.objective, curvature.BatchStatistics)
	}
	return p.examples, err
}

// measured is the objective whose curvature is measured: the one that is trained, with activations in the type of the
// weights. In bfloat16 no residual would fall below what its digits allow.
func (p *Program) measured() (*objective.Objective, error) {
	if p.compute == p.dtype {
		return p.objective, nil
	}
	net, err := p.network(p.recipe.Seed, p.dtype)
	if err != nil {
		return nil, err
	}
	return objective.New(net.Graph, lossOf(p.recipe)), nil
}

// MeasuringError is the error of measuring curvature that says so, or plainly ctx's error when ctx has ended.
func MeasuringError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("program: measuring curvature: %w", err)
}

// Hessian is the Hessian with exact products, compiled once for all weights.
func (e *Examples) Hessian() (h *curvature.Hessian, err error) {
	if e.exact == nil {
		e.exact, err = curvature.NewHessian(e.Problem, curvature.Exact)
	}
	return e.exact, err
}

// Gradient returns the gradient of the loss as one vector, and the loss.
func (e *Examples) Gradient(ctx context.Context) (g []float64, loss float64, err error) {
	g = make([]float64, e.Problem.Dim())
	loss, err = e.Problem.Gradient(ctx, g, nil)
	return g, loss, err
}

// Close frees what the garbage collector does not see.
func (e *Examples) Close() (err error) {
	if e.Problem != nil {
		e.Problem.Close()
	}
	for _, b := range e.batches {
		err = errors.Join(err, b.Finalize())
	}
	return err
}
