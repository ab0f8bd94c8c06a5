package xsam_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// On a quadratic with v = ±e₁ kept and α = 2, plain steps: where c > 0 an unbounded step climbs, w₁ ← w₁ + η·c, and
// NoClimb leaves w₁ where it is; where c < 0 both descend three times as fast. λ does not change, so it is never gone:
// WithinReach is NoClimb.
func TestNoClimb(t *testing.T) {
	b := testbackend.Go(t)
	for _, tt := range []struct {
		bound xsam.Bound
		v     float64
		want  float64 // w₁ after the step, from 1, with η = 0.1 and h = 4
	}{
		{xsam.Unbounded, 1, 1 + 0.4}, {xsam.NoClimb, 1, 1}, {xsam.WithinReach, 1, 1},
		{xsam.Unbounded, -1, 1 - 1.2}, {xsam.NoClimb, -1, 1 - 1.2}, {xsam.WithinReach, -1, 1 - 1.2},
	} {
		c := xsam.LiteConfig()
		c.Alpha, c.Bound, c.Refresh.Every, c.Refresh.Warmup, c.By = 2, tt.bound, 7, 0, xsam.ByThreePoint
		l := newLab(t, b, []float64{1, 1}, 0.1, c, quadratic(4, 1)).setV(tt.v, 0)
		l.step(1) // a refresh: e₁ stays, and so does its sign, since λ falls on neither side
		if got := l.w()[0]; !near([]float64{got}, []float64{tt.want}, 1e-6) {
			t.Errorf("%v, v = %v: w₁ = %v, want %v", tt.bound, l.v(), got, tt.want)
		}
	}
}

// L = w²/2 − w³/6 has λ(w) = 1 − w: from w₀ = −½, where λ is 1.5, it is gone after s = 1.5. With η = 3.4 the first step
// goes to about 1.63, beyond it, where the gradient points along v: α = 1 would stay there, and WithinReach descends.
func TestWithinReach(t *testing.T) {
	b := testbackend.Go(t)
	const rate = 3.4
	loss := func(w *graph.Node) *graph.Node {
		return graph.ReduceAllSum(graph.Sub(graph.MulScalar(graph.Square(w), 0.5), graph.MulScalar(graph.Mul(w,
			graph.Square(w)), 1./6)))
	}
	slope := func(w float64) float64 { return w - w*w/2 }
	for _, bound := range []xsam.Bound{xsam.NoClimb, xsam.WithinReach} {
		c := xsam.LiteConfig()
		c.ProbeRadius, c.Bound, c.Refresh.Warmup, c.Refresh.Every = 1e-3, bound, 1, 100
		l := newLab(t, b, []float64{-0.5}, rate, c, loss).setV(1)
		l.step(1)
		first := l.w()[0]
		if p := l.probe(); !near([]float64{p.Lambda, p.D3}, []float64{1.5, -1}, 1e-6) || math.Abs(first-1.63) > 0.01 {
			t.Fatalf("λ = %v, dλ/dv = %v, w = %v: want 1.5, −1, about 1.63", p.Lambda, p.D3, first)
		}
		want := []float64{first, first} // c > 0
		if bound == xsam.WithinReach {
			back := first - rate*slope(first)
			want = []float64{back, back} // within reach again, where c > 0
		}
		l.step(1)
		got := []float64{l.w()[0]}
		l.step(1)
		if got = append(got, l.w()[0]); !near(got, want, 1e-9) {
			t.Errorf("%v: w = %v after the second and the third step, want %v", bound, got, want)
		}
	}
}
