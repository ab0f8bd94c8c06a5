package xsam_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// L = (1 − xy)²/2 at (2, 0.5) has the eigenvalues 0 and 4.25, with v ∝ (0.5, 2). Along v the loss is ½(bs + cs²)² with
// b = √4.25 and c = 1/4.25, so dλ/dv = 6bc > 0: the pair step must find λ, and turn v to −v.
func TestPairStepOnProduct(t *testing.T) {
	loss := func(w *graph.Node) *graph.Node {
		return graph.MulScalar(graph.Square(graph.AddScalar(product(w), -1)), 0.5)
	}
	root := math.Sqrt(4.25)
	b0, c0 := root, 1/4.25
	v := []float64{0.5 / root, 2 / root}
	const r = 1e-3
	lossPlus := math.Pow(b0*r+c0*r*r, 2) / 2
	lossMinus := math.Pow(-b0*r+c0*r*r, 2) / 2
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, refresh := range []xsam.Estimator{xsam.ByPair, xsam.ByThreePoint, xsam.ByExact} {
			t.Run(refresh.String(), func(t *testing.T) {
				c := xsam.DefaultConfig()
				c.By, c.ProbeRadius, c.Refresh.Warmup = refresh, r, 1
				l := newLab(t, b, []float64{2, 0.5}, 0, c, loss).setV(v...)
				reported := l.step(1)
				p := l.stats()
				if !near([]float64{p.Lambda}, []float64{4.25}, 1e-5) { // r²/6 of the fourth derivative, 12c²
					t.Errorf("λ = %v, want 4.25", p.Lambda)
				}
				if want := 6 * b0 * c0; !near([]float64{p.D3}, []float64{want}, 1e-4) { // order r²
					t.Errorf("dλ/dv = %v, want %v", p.D3, want)
				}
				if got := l.v(); !near(got, []float64{-v[0], -v[1]}, 1e-3) {
					t.Errorf("v = %v, want −%v: λ grows along the one it started from", got, v)
				}
				if !near([]float64{reported}, []float64{0}, 1e-9) { // r⁴
					t.Errorf("reported loss %v, want L(w) = 0", reported)
				}
				if refresh == xsam.ByPair {
					// L₊ > L₋: the gradient of the + side is the one that is corrected.
					if lossPlus <= lossMinus {
						t.Fatal("the example is wrong: the + side must have the larger loss")
					}
					slope := (b0*r + c0*r*r) * (b0 + 2*c0*r)
					if !near([]float64{-p.AlongV}, []float64{slope}, 1e-6) {
						t.Errorf("⟨g_adv, v'⟩ = %v, want −%v", p.AlongV, slope)
					}
				}
			})
		}
	})
}

// With a shift and λ < 0 the new v keeps a third of the old one's direction or more: σ is above |λ|, and its sign is no
// rounding.
func TestShiftKeepsTheDirection(t *testing.T) {
	b := testbackend.Go(t)
	c := xsam.DefaultConfig()
	c.Refresh.Every, c.Shift, c.Form = 1, true, xsam.Projection // which leaves the sign of v
	v := []float64{0.3, 0.9, math.Sqrt(0.1)}                    // λ = 0.27 − 4.05 + 0.1 = −3.68
	l := newLab(t, b, []float64{0.1, 0.1, 0.1}, 0, c, quadratic(3, -5, 1)).setV(v...)
	l.step(1)
	next := l.v()
	if lambda := l.stats().Lambda; !near([]float64{lambda}, []float64{-3.68}, 1e-9) {
		t.Errorf("λ = %v, want −3.68", lambda)
	}
	if cos := v[0]*next[0] + v[1]*next[1] + v[2]*next[2]; !(cos > 1./3) {
		t.Errorf("the new v is at cosine %v of the old one", cos)
	}
}

// A radius at which w ± r v are w is refused; one that moves them is not.
func TestProbeRadiusOfNothing(t *testing.T) {
	b := testbackend.Go(t)
	for _, tt := range []struct {
		radius float64
		ok     bool
	}{{1e-30, false}, {1e-18, false}, {1e-14, true}, {0.05, true}} {
		c := xsam.DefaultConfig()
		c.ProbeRadius = tt.radius
		l := newLab(t, b, []float64{1, 1}, 0.1, c, quadratic(1, 2))
		l.step(1)
		_, err := l.opt.Stats(l.store)
		if (err == nil) != tt.ok || err != nil && !strings.Contains(err.Error(), "ProbeRadius") {
			t.Errorf("r = %v: error %v, want one: %v", tt.radius, err, !tt.ok)
		}
	}
}

// On diag(3, −5, 1) power iteration finds −5; with the shift it finds 3, the largest signed eigenvalue.
func TestNegativeDominantEigenvalue(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, tt := range []struct {
			shift bool
			want  float64
		}{{false, -5}, {true, 3}} {
			c := xsam.DefaultConfig()
			c.Refresh.Every, c.Shift = 1, tt.shift
			l := newLab(t, b, []float64{0.1, 0.1, 0.1}, 0, c, quadratic(3, -5, 1)).setV(0.6, 0.6, math.Sqrt(0.28))
			l.step(200)
			if p := l.stats(); !near([]float64{p.Lambda}, []float64{tt.want}, 1e-8) || p.Residual > 1e-4 {
				t.Errorf("shift %v: λ = %v with residual %v after 200 power steps, want %v", tt.shift, p.Lambda, p.Residual,
					tt.want)
			}
		}
	})
}
