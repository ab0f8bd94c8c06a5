package curvature_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/dataset"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"gonum.org/v1/gonum/floats"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// plane is the model w·x with two weights.
func plane(scope *model.Scope, x *graph.Node) *graph.Node {
	w := scope.VariableWithValue("w", [][]float64{{0}, {0}})
	return graph.MatMul(x, w.NodeValue(x.Graph()))
}

// From a model, a loss and data to eigenvalues. The mean of the squared errors of w·x has the Hessian (2/n)·Σ xxᵀ: for
// the points (2, 0) and (0, 1) that is diag(4, 1).
func ExampleTop() {
	ctx, store := context.Background(), model.NewStore()
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	points, labels := [][]float64{{2, 0}, {0, 1}}, [][]float64{{1}, {1}}
	data, err := dataset.InMemoryFromData(engine, "points", []any{points}, []any{labels})
	if err != nil {
		log.Fatal(err)
	}
	data.BatchSize(2, false)

	problem, err := curvature.ProblemOf(ctx, engine, store, objective.New(plane, loss.MeanSquaredError), data)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	top, err := curvature.Top(ctx, problem, 2)
	if err != nil {
		log.Fatal(err)
	}
	for _, pair := range top.Pairs {
		fmt.Printf("λ = %.3f, residual %.1g, converged: %t\n", pair.Value, pair.Residual, pair.Converged)
	}
	// Output:
	// λ = 4.000, residual 0, converged: true
	// λ = 1.000, residual 0, converged: true
}

// Top is Lanczos on the exact Hessian, and its pairs satisfy Hv = λv to the residual that they come with.
func TestTop(t *testing.T) {
	ctx := context.Background()
	p, _ := mlp.problem(t, testbackend.Go(t), dtypes.Float64, evaluation)
	top, err := curvature.Top(ctx, p, 3)
	if err != nil {
		t.Fatal(err)
	}
	h := newHessian(t, p, curvature.Exact)
	a, _, err := curvature.Form(ctx, h)
	if err != nil {
		t.Fatal(err)
	}
	values, _ := eigen(a)
	if !top.Converged || len(top.Pairs) != 3 {
		t.Fatalf("%d pairs, converged: %t, want 3 that have", len(top.Pairs), top.Converged)
	}
	for i, pair := range top.Pairs {
		want := values[len(values)-1-i]
		checkClose(t, fmt.Sprintf("eigenvalue %d", i), pair.Value, want, pair.Residual+1e-12)
		hv := make([]float64, p.Dim())
		if err := h.Apply(ctx, hv, pair.Vector); err != nil {
			t.Fatal(err)
		}
		for j := range hv {
			hv[j] -= pair.Value * pair.Vector[j]
		}
		checkClose(t, fmt.Sprintf("residual %d", i), floats.Norm(hv, 2), pair.Residual, 1e-12)
	}
}

func TestTopChecksK(t *testing.T) {
	p, _ := mlp.problem(t, testbackend.Go(t), dtypes.Float64, evaluation)
	for _, k := range []int{0, p.Dim() + 1} {
		_, err := curvature.Top(context.Background(), p, k)
		if want := fmt.Sprintf("Top got k = %d", k); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v: want one that says %q", err, want)
		}
	}
}

// ProblemOf is NewProblem on the batches of the data set, with running averages, and fails where that fails.
func TestProblemOf(t *testing.T) {
	ctx, b, obj := context.Background(), testbackend.Go(t), objective.New(mlp.model, mlp.loss)
	store := model.NewStore()
	p, err := curvature.ProblemOf(ctx, b, store, obj, given{mlp.data(dtypes.Float64, 7, 3), nil})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	got, err := p.Loss(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := mlp.problemIn(t, b, store, mlp.data(dtypes.Float64, 7, 3), evaluation).Loss(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got != want || p.Examples() != 7 {
		t.Errorf("loss %v on %d examples, want %v on 7", got, p.Examples(), want)
	}

	broken := errors.New("cannot be read")
	_, err = curvature.ProblemOf(ctx, b, store, obj, given{mlp.data(dtypes.Float64, 2, 1), broken})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	_, err = curvature.ProblemOf(ctx, b, store, obj, given{})
	if err == nil || !strings.Contains(err.Error(), "no batches") {
		t.Errorf("error %v: want one that says that there are no batches", err)
	}
}

// given is a data set of these batches, with an error at its end.
type given struct {
	batches []train.Batch
	err     error
}

func (given) Name() string { return "given" }

func (g given) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for _, b := range g.batches {
			if !yield(b, nil) {
				return
			}
		}
		if g.err != nil {
			yield(train.Batch{}, g.err)
		}
	}
}
