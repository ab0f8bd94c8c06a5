package measure

import (
	"math"
	"testing"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/runlog"
)

// Landscapes hold what is known of them: the losses of the checkpoints that they pass through, and the curvature
// along an eigenvector.
func TestLandscapes(t *testing.T) {
	r := testrun.Tiny(t, "sgd")
	r.DType = "float64" // for the second difference
	dir, _ := testrun.Make(t, experiment.Run, testbackend.GoEngine(t), r, experiment.Options{KeepEvery: 1})
	m := DefaultOptions(r)
	m.Measures = []string{"spectrum", "landscape"}
	first := measured(t, r, dir, "init", func() Options { o := m; o.Measures = []string{"trace"}; return o }())[0]

	t.Run("eigenvectors", func(t *testing.T) {
		o := m
		o.Grid, o.Span = 3, 1e-5 // a step that crosses no kink of the ReLUs
		got := measured(t, r, dir, "last", o)
		l := got[1].Landscape
		lambda := got[0].Spectrum.Values[:2]
		loss := func(j, i int) float64 { return l.Loss[j][i].Float() }
		centre := got[1].Loss.Float()
		// Losses near 1 have an error of 1e-16, a second difference of 1e-10·λ so one of about 1e-6.
		for k, second := range []float64{loss(1, 0) + loss(1, 2) - 2*loss(1, 1), loss(0, 1) + loss(2, 1) - 2*loss(1, 1)} {
			if curvature := second / 1e-10; !testrun.Near(curvature, lambda[k].Float(), 1e-3) {
				t.Errorf("the second difference along eigenvector %d is %v, want its eigenvalue %v", k+1, curvature, lambda[k])
			}
		}
		if math.Abs(loss(1, 1)-centre) > 1e-12 || got[1].Products != 0 {
			t.Errorf("the centre is %v after %d products, want the loss %v and no product, for the eigenvectors are known",
				loss(1, 1), got[1].Products, centre)
		}
	})
	t.Run("line", func(t *testing.T) {
		o := m
		o.Measures, o.Landscape, o.Grid = []string{"landscape"}, "line", 5 // at −1.5, −1, −0.5, 0, 0.5
		got := measured(t, r, dir, "epoch:2", o)[0]
		l := got.Landscape
		start, end := l.Loss[0][1].Float(), l.Loss[0][3].Float()
		if !testrun.Near(start, first.Loss.Float(), 1e-9) || !testrun.Near(end, got.Loss.Float(), 1e-9) {
			t.Errorf("the line from init has the loss %v at −1 and %v at 0, want %v of init and %v", start, end, first.Loss,
				got.Loss)
		}
		if got.Operator != "" || len(l.Y) != 1 || l.Directions[0] != "checkpoint init to epoch:2" {
			t.Errorf("measurement %+v, want a line without a matrix", got)
		}
		o.From = "epoch:1"
		if l := measured(t, r, dir, "epoch:2", o)[0].Landscape; testrun.Near(l.Loss[0][1].Float(), first.Loss.Float(), 1e-3) {
			t.Error("the line from epoch:1 begins with the loss of init")
		}
	})
	t.Run("pca", func(t *testing.T) {
		o := m
		o.Measures, o.Landscape, o.Grid = []string{"landscape"}, "pca", 4
		l := measured(t, r, dir, "last", o)[0].Landscape
		end := l.Path[len(l.Path)-1]
		// init, epoch 1, epoch 2; epoch 3 is last itself.
		if len(l.Path) != 4 || end != [2]float64{0, 0} || len(l.Loss) != 4 || len(l.Loss[0]) != 4 {
			t.Errorf("landscape %+v, want a path of 4 points that ends at 0, 0, and 4 × 4 losses", l)
		}
		for _, p := range l.Path {
			if p[0] < l.X[0] || p[0] > l.X[3] || p[1] < l.Y[0] || p[1] > l.Y[3] {
				t.Errorf("point %v of the path is outside the grid %v, %v", p, l.X, l.Y)
			}
		}
	})
	t.Run("the weights are those of the state again afterwards", func(t *testing.T) {
		o := m
		o.Measures, o.Landscape, o.Grid = []string{"landscape", "trace"}, "line", 3
		after := measured(t, r, dir, "epoch:1", o)[1]
		o.Measures, o.Again = []string{"trace"}, true
		if alone := measured(t, r, dir, "epoch:1", o)[0]; alone.Trace.Value != after.Trace.Value {
			t.Errorf("trace %v after a landscape, %v without one", after.Trace.Value, alone.Trace.Value)
		}
	})
}

func TestMeasureWithSharpness(t *testing.T) {
	r := testrun.Tiny(t, "sgd")
	dir, _ := testrun.Make(t, experiment.Run, testbackend.GoEngine(t), r, experiment.Options{})
	m := DefaultOptions(r)
	m.Measures, m.Batch = []string{"sharpness"}, 8
	balls := measured(t, r, dir, "last", m)[0].Sharpness
	rise := map[string]float64{}
	for _, b := range balls {
		if !(b.Rise.Float() > 0) {
			t.Errorf("ball %+v, want a rise above 0", b)
		}
		rise[b.Ball] = b.Rise.Float()
	}
	if len(balls) != 4 || balls[1].Rise.Float() < balls[0].Rise.Float() {
		t.Errorf("balls %+v, want 4, and five steps to find no less than the first of them", balls)
	}
	// Every batch may go its own way: the mean of its maxima is no less than the maximum of the mean, to first order.
	if !(rise["m-sam"] > balls[0].Rise.Float()) {
		t.Errorf("m-sharpness %v, want more than the %v of the whole set", rise["m-sam"], balls[0].Rise)
	}
}

// Operators and norms other than the default find their way to the measurement. Gauss–Newton and Fisher have no
// negative eigenvalue.
func TestMeasureOperators(t *testing.T) {
	r := testrun.Tiny(t, "sgd")
	r.Optimizer, r.LearningRate, r.WeightDecay, r.Momentum = "adam", 1e-3, 0, 0
	r.DType = "float64"
	dir, summary := testrun.Make(t, experiment.Run, testbackend.GoEngine(t), r, experiment.Options{})
	lambda := map[string]float64{}
	for _, what := range []string{"hessian exact", "hessian difference", "gauss-newton exact", "fisher exact",
		"adam exact"} {
		m := DefaultOptions(r)
		m.Measures, m.Top = []string{"spectrum", "angle"}, 2
		for i, name := range OperatorNames {
			if what == name+" exact" || what == name+" difference" {
				m.Operator = OperatorNames[i]
			}
		}
		m.Method = what[len(m.Operator)+1:]
		var warnings []string
		m.Warn = func(text string) { warnings = append(warnings, text) }
		got := measured(t, r, dir, "last", m)[0]
		if got.Operator != m.Operator || got.Method != m.Method || got.Momentum.Known() {
			t.Errorf("%s: measurement %+v, want one of this matrix, without momentum", what, got)
		}
		// Differences cross kinks of the ReLUs on 32 examples, and must say so.
		if rough := m.Method == "difference"; got.Converged == rough || (len(warnings) > 0) != rough {
			t.Errorf("%s: converged %v, warnings %q, want convergence, and a warning in its place for differences", what,
				got.Converged, warnings)
		}
		if got.Converged {
			lambda[what] = got.Spectrum.Values[0].Float()
		}
	}
	if !testrun.Near(lambda["hessian exact"], summary.LambdaMax.Float(), 1e-3) {
		t.Errorf("λmax %v, want %v of the summary", lambda, summary.LambdaMax)
	}
	if lambda["gauss-newton exact"] <= 0 || lambda["fisher exact"] <= 0 || testrun.Near(lambda["adam exact"],
		lambda["hessian exact"], 0.5) {
		t.Errorf("λmax %v, want positive ones, and another for Adam, whose scales are far from 1", lambda)
	}
	m := DefaultOptions(r)
	m.Norm, m.Measures = "running", []string{"trace"}
	if got := measured(t, r, dir, "last", m); got[0].Norm != "running" || got[0].Measure != runlog.MeasureTrace {
		t.Errorf("measurement %+v, want one with running averages", got[0])
	}
}
