package problems_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/problems"
)

// sample is a problem at a point that is nothing special, and a direction.
type sample struct {
	name string
	problems.Problem
	w, v []float64
}

func samples(t *testing.T) []sample {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	normal := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		return x
	}
	x := [][]float64{normal(3), normal(3), normal(3), normal(3), normal(3)}
	softmax, err := problems.NewSoftmax(x, []int{2, 0, 3, 3, 1}, 4)
	if err != nil {
		t.Fatal(err)
	}
	squares, err := problems.NewLeastSquares(x, normal(5))
	if err != nil {
		t.Fatal(err)
	}
	h := mat.NewSymDense(3, []float64{2, 1, 0, 1, -3, 0.5, 0, 0.5, 1})
	return []sample{
		{"quadratic", problems.NewQuadratic(h), normal(3), normal(3)},
		{"hyperbola", problems.Hyperbola{}, []float64{1.7, 0.3}, []float64{0.6, -1.1}},
		{"rosenbrock", problems.Rosenbrock{}, []float64{-0.7, 1.2}, []float64{0.4, 0.9}},
		{"least squares", squares, normal(3), normal(3)},
		{"softmax", softmax, normal(12), normal(12)},
	}
}

// Central differences with a step of 1e-5 are wrong by the third derivative of the differenced function times 1e-10/6,
// and by rounding of about 1e-16·|f|/1e-5; both are below 1e-7 relative to numbers up to some thousand.
func TestClosedFormsAgainstDifferences(t *testing.T) {
	const step, tol = 1e-5, 1e-7
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			gradient := s.Gradient(s.w)
			h := s.Hessian(s.w)
			for i := range s.w {
				plus, minus := along(s.w, unit(len(s.w), i), step), along(s.w, unit(len(s.w), i), -step)
				if want := (s.Loss(plus) - s.Loss(minus)) / (2 * step); !near(gradient[i], want, tol) {
					t.Errorf("gradient entry %d = %v, differences of the loss give %v", i, gradient[i], want)
				}
				gp, gm := s.Gradient(plus), s.Gradient(minus)
				for j := range s.w {
					if want := (gp[j] - gm[j]) / (2 * step); !near(h.At(i, j), want, tol) {
						t.Errorf("Hessian entry (%d, %d) = %v, differences of the gradient give %v", i, j, h.At(i, j), want)
					}
				}
			}
			curvature := func(at float64) float64 {
				v := mat.NewVecDense(len(s.v), s.v)
				return mat.Inner(v, s.Hessian(along(s.w, s.v, at)), v)
			}
			want := (curvature(step) - curvature(-step)) / (2 * step)
			if got := s.ThirdDerivative(s.w, s.v); !near(got, want, tol) {
				t.Errorf("third derivative = %v, differences of the curvature give %v", got, want)
			}
		})
	}
}

// In a graph the loss is the one on the host, and so are its derivatives as automatic differentiation finds them: the
// gradient, H v and the derivative of vᵀH v along v.
func TestGraphAgainstHost(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			testbackend.Each(t, func(t *testing.T, b compute.Backend) {
				for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
					tol := 1e-12 // rounding of some hundred operations, with entries up to 1000
					if dtype == dtypes.Float32 {
						tol = 1e-5
					}
					out, err := graph.CallOnceN(b, func(w, v *graph.Node) []*graph.Node {
						w, v = graph.ConvertDType(w, dtype), graph.ConvertDType(v, dtype)
						loss := s.Graph(w)
						g := graph.Gradient(loss, w)[0]
						hv := graph.Gradient(graph.ReduceAllSum(graph.Mul(g, v)), w)[0]
						third := graph.ReduceAllSum(graph.Mul(v, graph.Gradient(graph.ReduceAllSum(graph.Mul(hv, v)), w)[0]))
						all := []*graph.Node{loss, g, hv, third}
						for i := range all {
							all[i] = graph.ConvertDType(all[i], dtypes.Float64)
						}
						return all
					}, s.w, s.v)
					if err != nil {
						t.Fatal(err)
					}
					hv := mat.NewVecDense(s.Dim(), nil)
					hv.MulVec(s.Hessian(s.w), mat.NewVecDense(s.Dim(), s.v))
					for i, want := range []any{s.Loss(s.w), s.Gradient(s.w), hv.RawVector().Data, s.ThirdDerivative(s.w, s.v)} {
						what := []string{"loss", "gradient", "H v", "third derivative"}[i]
						if got := out[i].Value(); !sameNumbers(got, want, tol) {
							t.Errorf("%s in %s: the graph gives %v, the host %v", what, dtype, got, want)
						}
						out[i].MustFinalizeAll()
					}
				}
			})
		})
	}
}

func TestKnownSpectra(t *testing.T) {
	wide, err := problems.NewLeastSquares([][]float64{{2, 0}, {0, 4}}, []float64{0, 0})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		problems.Problem
		w    []float64
		want []float64
	}{
		{"a diagonal", problems.NewDiagonal(5, -1, 2), []float64{9, 9, 9}, []float64{-1, 2, 5}},
		{"hyperbola at (2, ½): 0 and x² + y²", problems.Hyperbola{}, []float64{2, 0.5}, []float64{0, 4.25}},
		{"hyperbola at 0: a saddle", problems.Hyperbola{}, []float64{0, 0}, []float64{-1, 1}},
		{"rosenbrock at its minimum: 501 ∓ √250,601", problems.Rosenbrock{}, []float64{1, 1},
			[]float64{501 - math.Sqrt(250601), 501 + math.Sqrt(250601)}},
		{"least squares: XᵀX/n", wide, []float64{1, 1}, []float64{2, 8}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := problems.Spectrum(tt.Problem, tt.w)
			for i := range tt.want {
				if !near(got[i], tt.want[i], 1e-12) { // rounding of a dense eigenvalue decomposition, of values up to 1000
					t.Fatalf("spectrum %v, want %v", got, tt.want)
				}
			}
		})
	}
}

// Shifting all logits of a feature by the same number changes nothing: of features × classes eigenvalues, as many as
// there are features are 0. The others are positive, and seeing every example twice changes none of them.
func TestSoftmaxSpectrum(t *testing.T) {
	x := [][]float64{{1, 0.5}, {-1, 2}, {0.3, -0.7}, {2, 1}}
	labels := []int{0, 2, 1, 1}
	once, err := problems.NewSoftmax(x, labels, 3)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := problems.NewSoftmax(append(x, x...), append(labels, labels...), 3)
	if err != nil {
		t.Fatal(err)
	}
	w := []float64{0.1, -0.2, 0.3, 0.5, 0, -0.4}
	spectrum, doubled := problems.Spectrum(once, w), problems.Spectrum(twice, w)
	for i, lambda := range spectrum {
		if zero := math.Abs(lambda) < 1e-14; zero != (i < 2) || (!zero && lambda < 0) {
			t.Errorf("spectrum %v: want two zeros and four positive numbers", spectrum)
		}
		if !near(doubled[i], lambda, 1e-14) {
			t.Errorf("spectrum of the doubled data %v, want %v", doubled, spectrum)
		}
	}
}

func TestWrongDataIsRefused(t *testing.T) {
	x := [][]float64{{1, 2}, {3, 4}}
	for _, tt := range []struct {
		name string
		err  func() error
		want string
	}{
		{"no examples", func() error { _, err := problems.NewLeastSquares(nil, nil); return err }, "no examples"},
		{"ragged rows", func() error {
			_, err := problems.NewLeastSquares([][]float64{{1, 2}, {3}}, []float64{1, 2})
			return err
		},
			"example 1 has 1 features"},
		{"a target missing", func() error { _, err := problems.NewLeastSquares(x, []float64{1}); return err },
			"1 targets for 2"},
		{"a label missing", func() error { _, err := problems.NewSoftmax(x, []int{1}, 2); return err }, "1 labels for 2"},
		{"a label too large", func() error { _, err := problems.NewSoftmax(x, []int{0, 2}, 2); return err },
			"label 2 of example 1"},
	} {
		if err := tt.err(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.want)
		}
	}
}

func along(w, v []float64, s float64) []float64 {
	out := make([]float64, len(w))
	for i := range w {
		out[i] = w[i] + s*v[i]
	}
	return out
}

func unit(n, i int) []float64 {
	e := make([]float64, n)
	e[i] = 1
	return e
}

// near tells whether got and want agree up to tol relative to max(1, |want|).
func near(got, want, tol float64) bool { return math.Abs(got-want) <= tol*max(1, math.Abs(want)) }

// sameNumbers compares two scalars or two vectors, entry by entry, relative to the largest.
func sameNumbers(got, want any, tol float64) bool {
	list := func(x any) []float64 {
		if s, ok := x.(float64); ok {
			return []float64{s}
		}
		return x.([]float64)
	}
	a, b, scale := list(got), list(want), 1.0
	for _, x := range b {
		scale = max(scale, math.Abs(x))
	}
	for i := range b {
		if len(a) != len(b) || !(math.Abs(a[i]-b[i]) <= tol*scale) {
			return false
		}
	}
	return true
}
