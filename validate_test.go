package xsam_test

import (
	"math"
	"strings"
	"testing"

	"github.com/xsam-go/xsam"
)

func TestValidate(t *testing.T) {
	with := func(change func(*xsam.Config)) xsam.Config {
		c := xsam.DefaultConfig()
		change(&c)
		return c
	}
	tests := []struct {
		name   string
		config xsam.Config
		wants  []string // each must be in the error; none means valid
	}{
		{"default", xsam.DefaultConfig(), nil},
		{"lite", xsam.LiteConfig(), nil},
		{"paper", xsam.PaperConfig(), nil},
		{"sam", xsam.SAMConfig(), nil},
		{"asam", xsam.ASAMConfig(), nil},
		{"sgd", xsam.SGDConfig(), nil},
		{"alpha too large", with(func(c *xsam.Config) { c.Alpha = 2.1 }), []string{"Config.Alpha = 2.1", "0 ≤ Alpha ≤ 2"}},
		{"alpha not a number", with(func(c *xsam.Config) { c.Alpha = math.NaN() }), []string{"Config.Alpha = NaN"}},
		{"rho infinite", with(func(c *xsam.Config) { c.Rho = math.Inf(1) }), []string{"Config.Rho = +Inf"}},
		{"no probe radius", with(func(c *xsam.Config) { c.ProbeRadius = 0 }), []string{"Config.ProbeRadius = 0", "above 0"}},
		{"no power steps", with(func(c *xsam.Config) { c.By, c.PowerSteps = xsam.ByExact, 0 }),
			[]string{"Config.PowerSteps = 0"}},
		{"explicit needs every step", with(func(c *xsam.Config) { c.Form = xsam.Explicit }), []string{"Every = 5",
			"Every = 1"}},
		{"an ascent that never was", with(func(c *xsam.Config) { c.Rho, c.Ascent.Every, c.Reuse = 0, 0, 0.5 }),
			[]string{"Config.Reuse = 0.5 with Ascent.Every = 0"}},
		{"no room to grow", with(func(c *xsam.Config) { c.Refresh.Most, c.Refresh.Tolerance = 4, 1 }),
			[]string{"Most = 4 with Refresh.Every = 5"}},
		{"no tolerance", with(func(c *xsam.Config) { c.Refresh.Most = 20 }), []string{"Tolerance = 0"}},
		{"all of the rest", xsam.Config{Ascent: xsam.Ascent{Reuse: -1}, Refresh: xsam.Refresh{Side: 2},
			Correction: xsam.Correction{AlphaWarmup: -1}}, []string{"AlphaWarmup = -1", "Reuse = -1", "Side = 2"}},
		{"looksam", xsam.LookSAMConfig(), nil},
		{"nsam", xsam.NSAMConfig(), nil},
		{"ssam", xsam.SSAMConfig(), nil},
		{"gsam", xsam.GSAMConfig(), nil},
		{"fsam", xsam.FSAMConfig(), nil},
		{"eigensam", xsam.EigenSAMConfig(), nil},
		{"late-sam", xsam.LateSAMConfig(), nil},
		{"a phase that ends before it begins", with(func(c *xsam.Config) { c.From, c.To = 8, 8 }),
			[]string{"To = 8 with From = 8"}},
		{"an average of what is not averaged", with(func(c *xsam.Config) { c.Less, c.Decay, c.Along = 1, 1, xsam.AlongMomentum }),
			[]string{"Decay = 1 with Less = 1", "Along = momentum"}},
		{"no v to lean to", xsam.Config{Ascent: xsam.Ascent{Rho: 1, Every: 1, Mix: 1}}, []string{"Mix = 1", "and a v"}},
		{"v too late to lean to", with(func(c *xsam.Config) { c.Mix, c.By = 1, xsam.ByThreePoint }),
			[]string{"Mix = 1 with Refresh.By = three-point"}},
		{"a mask of nothing", xsam.Config{Ascent: xsam.Ascent{Of: xsam.NormsOnly}}, []string{"Of = norms", "no step ascends"}},
		{"a gap without a clean gradient", xsam.Config{Ascent: xsam.Ascent{Rho: 1, Every: 1, Local: true},
			Correction: xsam.Correction{Form: xsam.SurrogateGap, Alpha: 1}}, []string{"Form = SurrogateGap", "Local = true"}},
		{"epochs of 7 steps", with(func(c *xsam.Config) { c.EpochSteps = 7 }), nil},
		{"an epoch without a refresh", with(func(c *xsam.Config) { c.EpochSteps = 5 }),
			[]string{"EpochSteps = 5 with Refresh.Every = 5", "more than Refresh.Every"}},
		{"a length that is none", with(func(c *xsam.Config) { c.Length = 3 }), []string{"Length = 3", "AsIs, Unit or Clean"}},
		{"no clean gradient", with(func(c *xsam.Config) { c.Length, c.Local = xsam.Clean, true }),
			[]string{"Length = Clean with Local"}},
		{"all at once", xsam.Config{
			Ascent: xsam.Ascent{Rho: -1, Eta: -1, Every: -1}, Refresh: xsam.Refresh{Every: -1, Warmup: -1, By: 7},
			Correction: xsam.Correction{Form: 9},
		}, []string{"Rho = -1", "Eta = -1", "Ascent.Every = -1", "Refresh.Every = -1", "Warmup = -1", "By = 7", "Form = 9"}},
		{"a radius that no step uses", with(func(c *xsam.Config) { c.Ascent.Every = 0 }),
			[]string{"Rho = 0.05 with Ascent.Every = 0", "want Rho = 0"}},
		{"a strength without a direction", xsam.Config{Correction: xsam.Correction{Alpha: 1}},
			[]string{"Alpha = 1 with Refresh.Every = 0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.config.Validate()
			if (err == nil) != (len(tt.wants) == 0) {
				t.Fatalf("Validate() = %v, want an error: %v", err, len(tt.wants) > 0)
			}
			for _, want := range tt.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Validate() = %q: want it to say %q", err, want)
				}
			}
		})
	}
}

// Gradients a step over 1,000 steps after the warm-up: SGD 1, SAM 2, X-SAM 2, lite 1.2.
func TestCost(t *testing.T) {
	threePoint := xsam.DefaultConfig()
	threePoint.By, threePoint.Refresh.Every = xsam.ByThreePoint, 10
	tests := []struct {
		name                string
		config              xsam.Config
		gradients, products float64
	}{
		{"sgd", xsam.SGDConfig(), 1, 0},
		{"sam", xsam.SAMConfig(), 2, 0},
		{"xsam", xsam.DefaultConfig(), 2, 0},
		{"lite", xsam.LiteConfig(), 1.2, 0},
		{"sam with a pair beside every tenth step", threePoint, 2.2, 0},
		{"paper", xsam.PaperConfig(), 2 + 1./3, 5. / 3},
		{"nsam", xsam.NSAMConfig(), 2, 0},
		{"gsam", xsam.GSAMConfig(), 2, 0},
		{"fsam", xsam.FSAMConfig(), 2, 0},
		{"msam", xsam.MSAMConfig(), 1, 0},
		{"eigensam", xsam.EigenSAMConfig(), 2, 0},
		{"late-sam", xsam.LateSAMConfig().ForRun(1530), 1 + 306./1500, 0},
	}
	for _, tt := range tests {
		var gradients, products int
		for step := int64(30); step < 1530; step++ {
			g, p := tt.config.Cost(step)
			gradients, products = gradients+g, products+p
		}
		if got := float64(gradients) / 1500; !near([]float64{got}, []float64{tt.gradients}, 1e-12) {
			t.Errorf("%s: %v gradients a step, want %v", tt.name, got, tt.gradients)
		}
		if got := float64(products) / 1500; !near([]float64{got}, []float64{tt.products}, 1e-12) {
			t.Errorf("%s: %v products a step, want %v", tt.name, got, tt.products)
		}
	}
}
