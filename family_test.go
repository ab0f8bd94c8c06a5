package xsam_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// What the relatives of SAM add is nothing where its strength is 0, to the bit, whether that is seen beforehand or the
// sum is made: GSAM with α = 0 and F-SAM with σ = 0 are SAM, the published form with α = 0 is nsam; MSAM with ρ = 0, and
// what is never in its phase, is plain descent.
func TestReductionsOfTheFamily(t *testing.T) {
	changed := func(c xsam.Config, change func(*xsam.Config)) xsam.Config {
		change(&c)
		return c
	}
	const nothing = 1e-300 // what is multiplied by it is in the graph, and lost when it is added
	uncorrected := changed(xsam.DefaultConfig(), func(c *xsam.Config) { c.Alpha = 0 })
	n := net{dropout: 0.3, l2: 0.01}
	b := testbackend.Go(t) // what is 0 is not in the graph, whatever runs it
	weights := func(c xsam.Config) []float64 {
		obj := objective.New(n.modelFn, n.lossFn)
		l := newLabWith(t, b, seededStore(), obj, optim.SGD(0.1).Momentum(0.9).Done(), c, examples{})
		l.step(12)
		return l.weights()
	}
	for name, pair := range map[string][2]xsam.Config{
		"GSAM":               {changed(xsam.GSAMConfig(), func(c *xsam.Config) { c.Alpha = 0 }), xsam.SAMConfig()},
		"GSAM, next to it":   {changed(xsam.GSAMConfig(), func(c *xsam.Config) { c.Alpha = nothing }), xsam.SAMConfig()},
		"F-SAM":              {changed(xsam.FSAMConfig(), func(c *xsam.Config) { c.Less = 0 }), xsam.SAMConfig()},
		"F-SAM, next to it":  {changed(xsam.FSAMConfig(), func(c *xsam.Config) { c.Less = nothing }), xsam.SAMConfig()},
		"X-SAM, next to it":  {changed(xsam.DefaultConfig(), func(c *xsam.Config) { c.Alpha = nothing }), uncorrected},
		"published, next":    {changed(xsam.PaperConfig(), func(c *xsam.Config) { c.Alpha = nothing }), xsam.NSAMConfig()},
		"MSAM":               {changed(xsam.MSAMConfig(), func(c *xsam.Config) { c.Rho = 0 }), xsam.SGDConfig()},
		"late, from the end": {changed(xsam.LateSAMConfig(), func(c *xsam.Config) { c.From = 12 }), xsam.SGDConfig()},
		"never in the phase": {changed(xsam.DefaultConfig(), func(c *xsam.Config) { c.From = 12 }), xsam.SGDConfig()},
	} {
		if got, want := weights(pair[0]), weights(pair[1]); !slices.Equal(got, want) {
			t.Errorf("%s: weights\n got %v\nwant %v", name, got, want)
		}
	}
	for name, c := range map[string]xsam.Config{"GSAM": xsam.GSAMConfig(), "F-SAM": xsam.FSAMConfig()} {
		if slices.Equal(weights(c), weights(xsam.SAMConfig())) {
			t.Errorf("%s as it comes leaves SAM's weights: the test shows nothing", name)
		}
	}
}

// Outside its phase a method is its base, bit for bit, and in it what it is from the start: with plain descent, SAM
// from step 6 to 9 is six steps of descent, three of SAM from the weights that these have left, and descent again.
func TestPhase(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		c := xsam.SAMConfig()
		c.From, c.To = 6, 9
		n, parts := net{l2: 0.01}, newNetLab(t, b, net{l2: 0.01}, xsam.SGDConfig())
		late := newNetLab(t, b, n, c)
		for _, part := range []struct {
			steps int
			next  xsam.Config
		}{{6, xsam.SAMConfig()}, {3, xsam.SGDConfig()}, {3, xsam.SGDConfig()}} {
			parts.step(part.steps)
			late.step(part.steps)
			if got, want := late.weights(), parts.weights(); !slices.Equal(got, want) {
				t.Fatalf("after step %d: weights\n got %v\nwant %v", late.stats().Step, got, want)
			}
			from := int(late.stats().Step) + 1
			next := newNetLabOn(t, b, n, part.next, seededStore(), examples{from: from})
			for _, path := range []string{"/hidden/weights", "/hidden/biases", "/output/weights", "/output/biases"} {
				v := parts.store.GetVariable(path)
				clone, err := v.MustValue().Clone()
				if err != nil {
					t.Fatal(err)
				}
				next.store.VariableWithValue(path, clone)
			}
			parts = next
		}
	})
}

// The warm-up of v begins with the phase, and what comes before costs one gradient.
func TestWarmupBeginsWithThePhase(t *testing.T) {
	c := xsam.DefaultConfig()
	c.From, c.To, c.Refresh.Warmup, c.Refresh.Every = 3, 11, 2, 4
	l := newNetLab(t, testbackend.Go(t), net{}, c)
	var got []string
	for range 12 {
		l.step(1)
		p := l.stats()
		got = append(got, p.Kind.String())
		if gradients, _ := c.Cost(p.Step); gradients != p.Gradients {
			t.Errorf("step %d took %d gradients, Cost says %d", p.Step, p.Gradients, gradients)
		}
	}
	want := strings.Fields("plain plain plain pair pair ascent ascent ascent pair ascent ascent plain")
	if !slices.Equal(got, want) {
		t.Errorf("kinds\n got %v\nwant %v", got, want)
	}
}

// By hand, in the plane: h = (3, 4) and g = (1, 0) have g⊥ = (0.64, −0.48), so with α = ½ g̃ = (2.68, 4.24). For g =
// (3, 4) and v = (1, 0): ĝ = (0.6, 0.8), v across it (0.64, −0.48), with β = ½ d = (0.92, 0.56); for −v the same.
func TestGapAndLeanByHand(t *testing.T) {
	b := testbackend.Go(t)
	gap := newEval(t, b, func(in []*graph.Node) *graph.Node {
		return xsam.ReduceGap(in[:1], in[1:], graph.Scalar(in[0].Graph(), dtypes.Float64, 0.5))[0]
	})
	lean := newEval(t, b, func(in []*graph.Node) *graph.Node { return xsam.LeanTo(in[:1], in[1:], 0.5)[0] })
	for _, tt := range []struct {
		name string
		of   func(in ...any) []float64
		a, b []float64
		want []float64
	}{
		{"the part across h is taken away", gap, []float64{3, 4}, []float64{1, 0}, []float64{2.68, 4.24}},
		{"g along h leaves h", gap, []float64{3, 4}, []float64{6, 8}, []float64{3, 4}},
		{"h = 0 leaves −α g", gap, []float64{0, 0}, []float64{1, 2}, []float64{-0.5, -1}},
		{"towards v", lean, []float64{3, 4}, []float64{1, 0}, []float64{0.92, 0.56}},
		{"the sign of v does not matter", lean, []float64{3, 4}, []float64{-1, 0}, []float64{0.92, 0.56}},
		{"v across g has no side", lean, []float64{0, 2}, []float64{1, 0}, []float64{0, 1}},
		{"no gradient, no direction", lean, []float64{0, 0}, []float64{1, 0}, []float64{0, 0}},
	} {
		if got := tt.of(tt.a, tt.b); !near(got, tt.want, 1e-15) { // float64; only rounding differs
			t.Errorf("%s: of %v, %v: %v, want %v", tt.name, tt.a, tt.b, got, tt.want)
		}
	}
}

// A network without norms has none that an ascent could be kept to; LastFifth without a number of steps is no step.
func TestFamilyRefuses(t *testing.T) {
	c := xsam.SAMConfig()
	c.Of = xsam.NormsOnly
	l := newNetLab(t, testbackend.Go(t), net{}, c)
	batch, err, _ := l.next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.trainer.TrainStep(batch); err == nil || !strings.Contains(err.Error(), "Ascent.Of = norms") {
		t.Errorf("norms of a network without: error %v", err)
	}
	n := net{}
	_, err = xsam.New(objective.New(n.modelFn, n.lossFn), descent(), xsam.LateSAMConfig())
	if err == nil || !strings.Contains(err.Error(), "Config.ForRun(steps)") {
		t.Errorf("LastFifth of nothing: error %v", err)
	}
}
