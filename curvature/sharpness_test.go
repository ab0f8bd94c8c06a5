package curvature_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// product is the loss scale·(1 − xy)² of two weights, in float64; the input is not looked at.
func product(scale, x, y float64) net {
	return net{name: "product",
		model: func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			w := scope.In("w")
			a := w.VariableWithValue("x", x).NodeValue(in[0].Graph())
			b := w.VariableWithValue("y", y).NodeValue(in[0].Graph())
			return []*graph.Node{graph.Mul(a, b)}
		},
		loss: func(_, predictions []*graph.Node) *graph.Node {
			return graph.MulScalar(graph.Square(graph.OneMinus(predictions[0])), scale)
		}}
}

func (m net) at(t *testing.T, b compute.Backend) *curvature.Problem {
	t.Helper()
	batch := train.Batch{Inputs: []*tensors.Tensor{numbers(dtypes.Float64, []float64{0}, 1)}}
	return m.problemIn(t, b, model.NewStore(), []train.Batch{batch}, evaluation)
}

// f = (xy − 1)², ρ = 0.1, η = 0: ASAM's perturbed loss is the same at (2, 1.5) and (20, 0.15), which are one function;
// SAM's is not.
func TestBallSharpnessKnownAnswers(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, tt := range []struct {
			x, y     float64
			adaptive bool
			want     float64
		}{
			{2, 1.5, true, 5.9500091969},
			{20, 0.15, true, 5.9500091969},
			{2, 1.5, false, 5.0841230400},
			{20, 0.15, false, 16.0010499771},
		} {
			a, err := product(1, tt.x, tt.y).at(t, b).BallSharpness(context.Background(),
				curvature.AscentOptions{Rho: 0.1, Steps: 1, Adaptive: tt.adaptive})
			if err != nil {
				t.Fatal(err)
			}
			checkClose(t, fmt.Sprintf("loss at w + ε for (%v, %v), adaptive %v", tt.x, tt.y, tt.adaptive), a.Worst, tt.want,
				1e-9) // ten digits are known
			checkClose(t, "loss at w", a.Loss, 4, 1e-12)
			checkClose(t, "rise", a.Rise(), tt.want-4, 1e-9)
			if a.Gradients != 2 {
				t.Errorf("%d gradients, want 2", a.Gradients)
			}
		}
	})
}

// (1 − xy)²/2 at (2, 0.5) has the eigenvalues 0 and 4.25. It is a minimum, with no gradient to climb along.
func TestProductAtItsMinimum(t *testing.T) {
	p := product(0.5, 2, 0.5).at(t, testbackend.Go(t))
	r, err := curvature.Lanczos(context.Background(), newHessian(t, p, curvature.Exact),
		curvature.DefaultLanczosOptions(2))
	if err != nil {
		t.Fatal(err)
	}
	checkClose(t, "λmax", r.Pairs[0].Value, 4.25, 1e-14)
	checkClose(t, "λmin", r.Pairs[1].Value, 0, 1e-14)
	a, err := p.BallSharpness(context.Background(), curvature.AscentOptions{Rho: 0.1, Steps: 3})
	if err != nil || a.Rise() != 0 {
		t.Errorf("rise %v, %v: want 0 at a stationary point", a.Rise(), err)
	}
	line, err := p.Line(context.Background(), []float64{1, 0}, []float64{-1, 0, 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.125, 0, 0.5} { // (1 − (2 + t)/2)²/2 = t²/8
		checkClose(t, "loss along x", line[i], want, 1e-15)
	}
	plane, err := p.Plane(context.Background(), []float64{1, 0}, []float64{0, 1}, []float64{0, 1}, []float64{0, 0.5})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range [][]float64{{0, 0.125}, {0.5, 2}} { // (1 − (2 + x)(0.5 + y))²/2
		for j, want := range row {
			checkClose(t, "loss on the plane", plane[i][j], want, 1e-15)
		}
	}
}

// More steps find no smaller loss, and on the sphere of a convex loss a larger one.
func TestMoreAscentStepsFindMore(t *testing.T) {
	p, _ := softmaxRegression.problem(t, testbackend.Go(t), dtypes.Float64, evaluation)
	last := 0.0
	for _, steps := range []int{1, 2, 5, 20} {
		a, err := p.BallSharpness(context.Background(), curvature.AscentOptions{Rho: 1, Steps: steps})
		if err != nil {
			t.Fatal(err)
		}
		if a.Worst < last {
			t.Errorf("%d steps find %v, fewer found %v", steps, a.Worst, last)
		}
		last = a.Worst
		checkClose(t, "‖ε‖", mat.Norm(mat.NewVecDense(len(a.Displacement), a.Displacement), 2), 1, 1e-12)
		at, err := p.Loss(context.Background(), a.Displacement)
		if err != nil {
			t.Fatal(err)
		}
		checkClose(t, "loss at w + ε", at, a.Worst, 1e-14)
	}
}

// With one batch m-sharpness is the sharpness; with more it is larger, for each may choose its own direction.
func TestMSharpness(t *testing.T) {
	b := testbackend.Go(t)
	o := curvature.AscentOptions{Rho: 0.05, Steps: 1}
	store := model.NewStore()
	whole := mlp.problemIn(t, b, store, mlp.data(dtypes.Float64, 7, 7), evaluation)
	a, err := whole.BallSharpness(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	one, gradients, err := whole.MSharpness(context.Background(), o)
	if err != nil || gradients != 2 {
		t.Fatalf("%d gradients, %v: want 2", gradients, err)
	}
	checkClose(t, "m-sharpness of one batch", one, a.Rise(), 0)
	ragged := mlp.problemIn(t, b, store, mlp.data(dtypes.Float64, 7, 3), evaluation)
	several, gradients, err := ragged.MSharpness(context.Background(), o)
	if err != nil || gradients != 6 {
		t.Fatalf("%d gradients, %v: want 6", gradients, err)
	}
	if several <= one {
		t.Errorf("m-sharpness %v of three batches, %v of one: want more", several, one)
	}
	want := 0.0
	for i, batch := range mlp.data(dtypes.Float64, 7, 3) {
		part, err := mlp.problemIn(t, b, store, []train.Batch{batch}, evaluation).BallSharpness(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		want += part.Rise() * []float64{3, 3, 1}[i] / 7
	}
	checkClose(t, "m-sharpness", several, want, 1e-14)
}

// g = (3, 4, 0): |cos| with the axes 0.6, 0.8, 0; all of it in the span of the first two.
func ExampleAlign() {
	axes := []curvature.Eigenpair{{Value: 9, Vector: []float64{1, 0, 0}}, {Value: 2, Vector: []float64{0, -1, 0}}}
	a, err := curvature.Align([]float64{3, 4, 0}, axes)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("|cos| %.2f, angles %.2f°, span %.2f\n", a.AbsCos, a.AngleDeg, a.Span)
	// Output: |cos| [0.60 0.80], angles [53.13 36.87]°, span 1.00
}

// With η = 0.1 gradient descent is stable below λ = 20; SAM with ρ = 0.05, where ‖g‖ = 1, below 10·(√5 − 1).
func ExampleSAMEdge() {
	fmt.Printf("%.2f %.2f\n", curvature.GradientDescentEdge(0.1), curvature.SAMEdge(0.1, 0.05, 1))
	// Output: 20.00 12.36
}

// SAM on λw²/2 ends in the cycle |w| = ηλρ/(2 − ηλ), which is where λ is SAM's edge.
func TestSAMEdge(t *testing.T) {
	for _, tt := range []struct{ eta, lambda, rho, cycle float64 }{{1, 0.1, 0.05, 0.0026315789473684}, {4, 0.3, 0.1,
		0.15}} {
		w := tt.cycle
		w -= tt.eta * tt.lambda * (w + tt.rho)
		checkClose(t, "the other end of the cycle", w, -tt.cycle, 1e-15)
		checkClose(t, "edge", curvature.SAMEdge(tt.eta, tt.rho, tt.lambda*tt.cycle), tt.lambda, 1e-12)
	}
	checkClose(t, "edge for ρ = 0", curvature.SAMEdge(0.1, 0, 3), 20, 1e-12)
	checkClose(t, "edge for a tiny ρ", curvature.SAMEdge(0.1, 1e-18, 3), 20, 1e-12)
	checkClose(t, "edge at a minimum", curvature.SAMEdge(0.1, 0.05, 0), 0, 0)
	checkClose(t, "momentum edge", curvature.MomentumEdge(0.1, 0.9), 38, 1e-12)
	checkClose(t, "Adam's edge", curvature.AdamEdge(1e-3, 0.9), 38000, 1e-8)
}

// Gradient descent on λw²/2 diverges exactly beyond the edge; with momentum likewise.
func TestEdgesSeparateStableFromUnstable(t *testing.T) {
	for _, beta := range []float64{0, 0.5, 0.9} {
		edge := curvature.MomentumEdge(0.1, beta)
		for _, side := range []float64{0.99, 1.01} {
			w, m := 1.0, 0.0
			for range 5000 {
				m = beta*m + side*edge*w
				w -= 0.1 * m
			}
			if diverged := math.Abs(w) > 1 || math.IsNaN(w); diverged != (side > 1) {
				t.Errorf("β %v, λ = %v of the edge: |w| = %v after 5,000 steps", beta, side, math.Abs(w))
			}
		}
	}
}

func TestRatio(t *testing.T) {
	r := curvature.Result{Pairs: []curvature.Eigenpair{{Value: 10}, {Value: 4}, {Value: 0}}}
	checkClose(t, "λ₁/λ₂", r.Ratio(2), 2.5, 0)
	for _, k := range []int{0, 3, 4} {
		if !math.IsNaN(r.Ratio(k)) {
			t.Errorf("Ratio(%d) = %v, want NaN", k, r.Ratio(k))
		}
	}
}

func TestLandscapeKeepsWhatItHasWhenCancelled(t *testing.T) {
	p := product(0.5, 2, 0.5).at(t, testbackend.Go(t))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	line, err := p.Line(ctx, []float64{1, 0}, curvature.Grid(-1, 1, 3))
	if !errors.Is(err, context.Canceled) || len(line) != 3 || !math.IsNaN(line[0]) {
		t.Errorf("got %v and %v, want three NaN and context.Canceled", line, err)
	}
	if _, err := p.Line(context.Background(), []float64{1}, []float64{0}); err == nil {
		t.Error("a direction of one number was taken for one of two")
	}
}
