package xsam_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// The quadratic diag(1, 2, 5) at (1, −0.7, 0.4), worked out by hand to ten digits.
func TestPerturbationOfQuadratic(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		eps := eval(t, b, func(in []*graph.Node) *graph.Node { return xsam.Perturbation(in, 0.05)[0] },
			[]float64{1, -1.4, 2})
		want := []float64{0.0189524511, -0.0265334315, 0.0379049022}
		if !near(eps, want, 1e-10) { // the digits given
			t.Errorf("ε = %v, want %v", eps, want)
		}
	})
}

func TestCorrectOfQuadratic(t *testing.T) {
	g, gAdv := []float64{1, -1.4, 2}, []float64{1.0189524511, -1.4530668631, 2.1895245109}
	e3, back, third := []float64{0, 0, 1}, []float64{0, 0, -1}, []float64{1. / 3, 2. / 3, 2. / 3}
	tests := []struct {
		name   string
		length xsam.Length
		form   xsam.Form
		v      []float64
		alpha  float64
		want   []float64
	}{
		{"projection along e3", xsam.AsIs, xsam.Projection, e3, 0.2, []float64{1.0189524511, -1.4530668631, 1.7516196087}},
		{"projection along -e3 is the same", xsam.AsIs, xsam.Projection, back, 0.2, []float64{1.0189524511, -1.4530668631,
			1.7516196087}},
		{"published along e3", xsam.Unit, xsam.Paper, e3, 0.2, []float64{0.3615288099, -0.5155545120, 0.6214823388}},
		{"published along -e3 is another", xsam.Unit, xsam.Paper, back, 0.2, []float64{0.3615288099, -0.5155545120,
			0.9322235083}},
		{"published along (1, 2, 2)/3", xsam.Unit, xsam.Paper, third, 0.2, []float64{0.3418815736, -0.5548489846,
			0.7375584510}},
		{"published with alpha 0 is the unit gradient", xsam.Unit, xsam.Paper, e3, 0, []float64{0.3615288099,
			-0.5155545120, 0.7768529235}},
		{"the length of the clean gradient", xsam.Clean, xsam.Oriented, e3, 0, []float64{0.9537785064, -1.3601262168,
			2.0494787716}},
		{"oriented takes |c|v away", xsam.AsIs, xsam.Oriented, e3, 1, []float64{1.0189524511, -1.4530668631, 0}},
		{"oriented along -e3 adds it", xsam.AsIs, xsam.Oriented, back, 1, []float64{1.0189524511, -1.4530668631,
			4.3790490218}},
		{"oriented with alpha 0 is the gradient", xsam.AsIs, xsam.Oriented, e3, 0, gAdv},
		{"explicit is the gradient it is given", xsam.AsIs, xsam.Explicit, e3, 1, gAdv},
	}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				got := eval(t, b, func(in []*graph.Node) *graph.Node {
					alpha := graph.Scalar(in[0].Graph(), in[0].DType(), tt.alpha)
					h := xsam.SetLength(tt.length, in[:1], in[2:])
					return graph.MulScalar(xsam.Correct(tt.form, h, in[1:2], alpha)[0],
						1) // the pure-Go engine cannot return an input as it is
				}, gAdv, tt.v, g)
				if !near(got, tt.want, 2e-10) { // the digits given
					t.Errorf("Correct(%v × %v, %v, α=%v) = %v, want %v", tt.length, tt.form, tt.v, tt.alpha, got, tt.want)
				}
			})
		}
	})
}

// For any g, v and α in [0, 2] the published form has ‖g̃‖ ≤ 1 + α, so that it cannot blow up, and g̃(v) + g̃(−v) = 2ĝ.
func TestPublishedFormIsBounded(t *testing.T) {
	const n = 7
	b, random := testbackend.Go(t), rand.New(rand.NewPCG(1, 2))
	published := func(in []*graph.Node) *graph.Node {
		alpha := graph.Reshape(in[2])
		h := xsam.SetLength(xsam.Unit, in[:1], nil)
		plus := xsam.Correct(xsam.Paper, h, in[1:2], alpha)[0]
		minus := xsam.Correct(xsam.Paper, h, []*graph.Node{graph.Neg(in[1])}, alpha)[0]
		return graph.Concatenate([]*graph.Node{plus, minus}, 0)
	}
	exec := newEval(t, b, published)
	for range 200 {
		g, v := make([]float64, n), make([]float64, n)
		scale := math.Pow(10, 12*random.Float64()-6)
		for i := range g {
			g[i], v[i] = scale*random.NormFloat64(), random.NormFloat64()
		}
		size := norm(v)
		for i := range v {
			v[i] /= size
		}
		alpha := 2 * random.Float64()
		got := exec(g, v, []float64{alpha})
		for _, corrected := range [][]float64{got[:n], got[n:]} {
			if norm(corrected) > 1+alpha+1e-12 {
				t.Fatalf("‖g̃‖ = %v for g = %v, v = %v, α = %v: want at most 1 + α", norm(corrected), g, v, alpha)
			}
		}
		for i := range n {
			if sum, want := got[i]+got[n+i], 2*g[i]/norm(g); !(math.Abs(sum-want) <= 1e-12) {
				t.Fatalf("g̃(v) + g̃(−v) = %v in entry %d, want 2ĝ = %v", sum, i, want)
			}
		}
	}
}

// ASAM does not see how the two weights of f = (w₁w₂ − 1)² share their product; SAM does.
func TestASAMIsScaleInvariant(t *testing.T) {
	perturbedLoss := func(adaptive bool) func(in []*graph.Node) *graph.Node {
		return func(in []*graph.Node) *graph.Node {
			loss := func(w *graph.Node) *graph.Node { return graph.Square(graph.AddScalar(product(w), -1)) }
			g := graph.Gradient(loss(in[0]), in[0])
			eps := xsam.Perturbation(g, 0.1)
			if adaptive {
				eps = xsam.AdaptivePerturbation(in, g, 0.1, 0)
			}
			return loss(graph.Add(in[0], eps[0]))
		}
	}
	tests := []struct {
		name     string
		adaptive bool
		w        []float64
		want     float64
	}{
		{"ASAM at (2, 1.5)", true, []float64{2, 1.5}, 5.9500091969},
		{"ASAM at (20, 0.15)", true, []float64{20, 0.15}, 5.9500091969},
		{"SAM at (2, 1.5)", false, []float64{2, 1.5}, 5.0841230400},
		{"SAM at (20, 0.15)", false, []float64{20, 0.15}, 16.0010499771},
	}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				got := eval(t, b, perturbedLoss(tt.adaptive), tt.w)
				if !near(got, []float64{tt.want}, 1e-10) { // the digits given
					t.Errorf("perturbed loss %v, want %v", got[0], tt.want)
				}
			})
		}
	})
}

// SAM with gradient descent on λw²/2 ends in the cycle |w| = ηλρ/(2 − ηλ), where λ is SAM's edge of stability for the
// gradient norm n = λ|w|; Projection along w acts as a smaller η.
func TestSAMCycle(t *testing.T) {
	tests := []struct{ eta, lambda, rho, want float64 }{
		{1, 0.1, 0.05, 0.0026315789},
		{4, 0.3, 0.1, 0.15},
	}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, tt := range tests {
			c := xsam.SAMConfig()
			c.Rho = tt.rho
			l := newLab(t, b, []float64{0.4}, tt.eta, c, quadratic(tt.lambda))
			l.step(400)
			got := math.Abs(l.w()[0])
			if !near([]float64{got}, []float64{tt.want}, 1e-9) {
				t.Errorf("η %v λ %v ρ %v: |w| = %.10f, want %.10f", tt.eta, tt.lambda, tt.rho, got, tt.want)
			}
			n := tt.lambda * got
			edge := n / (2 * tt.rho) * (math.Sqrt(1+8*tt.rho/(tt.eta*n)) - 1)
			if !near([]float64{edge}, []float64{tt.lambda}, 1e-8) {
				t.Errorf("η %v ρ %v: SAM's edge at the cycle is %v, want λ = %v", tt.eta, tt.rho, edge, tt.lambda)
			}

			c.Form, c.Alpha, c.By, c.Refresh.Every, c.PowerSteps = xsam.Projection, 0.5, xsam.ByExact, 1, 1
			l = newLab(t, b, []float64{0.4}, tt.eta, c, quadratic(tt.lambda))
			l.step(800)
			eta := (1 - c.Alpha) * tt.eta
			want := eta * tt.lambda * tt.rho / (2 - eta*tt.lambda)
			if got := math.Abs(l.w()[0]); !near([]float64{got}, []float64{want}, 1e-9) {
				t.Errorf("η %v λ %v ρ %v, Projection α 0.5: |w| = %.10f, want %.10f", tt.eta, tt.lambda, tt.rho, got, want)
			}
		}
	})
}

// Gradient descent on λw²/2 diverges exactly when λ > 2/η.
func TestGradientDescentEdge(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, tt := range []struct {
			lambda float64
			grows  bool
		}{{19.9, false}, {20.1, true}} {
			l := newLab(t, b, []float64{1}, 0.1, xsam.SGDConfig(), quadratic(tt.lambda))
			l.step(100)
			if got := math.Abs(l.w()[0]); (got > 1) != tt.grows {
				t.Errorf("λ = %v, 2/η = 20: |w| = %v after 100 steps from 1, want growth: %v", tt.lambda, got, tt.grows)
			}
		}
	})
}

// In units of 1, where every |w| is 1 and η is 0, ASAM's ascent is SAM's.
func TestUnitsOfOneAreSAM(t *testing.T) {
	ascents := func(in []*graph.Node) *graph.Node {
		g := graph.Gradient(quadratic(4, 1)(in[0]), in[0])
		return graph.Concatenate([]*graph.Node{
			xsam.AdaptivePerturbation(in, g, 0.1, 0)[0], xsam.Perturbation(g, 0.1)[0],
		}, 0)
	}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		if got := eval(t, b, ascents, []float64{1, -1}); len(got) != 4 || got[0] == 0 || !slices.Equal(got[:2], got[2:]) {
			t.Errorf("ASAM's ε and SAM's: %v, want the same", got)
		}
	})
}
