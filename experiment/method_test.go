package experiment

import (
	"strings"
	"testing"

	"github.com/xsam-go/xsam"
)

func TestSetMethod(t *testing.T) {
	changed := func(c xsam.Config, change func(*xsam.Config)) xsam.Config {
		change(&c)
		return c
	}
	tests := []struct {
		name   string
		label  string
		common Settings
		want   xsam.Config
	}{
		{"sgd is the base optimizer", "sgd", nil, xsam.SGDConfig()},
		{"sam", "sam", nil, xsam.SAMConfig()},
		{"asam keeps its own radius", "asam", nil, xsam.ASAMConfig()},
		{"xsam", "xsam", nil, xsam.DefaultConfig()},
		{"xsam-lite", "xsam-lite", nil, xsam.LiteConfig()},
		{"xsam-paper", "xsam-paper", nil, xsam.PaperConfig()},
		{"settings in common act where the method has them", "sam", Settings{"rho": "0.1", "alpha": "0.5"},
			changed(xsam.SAMConfig(), func(c *xsam.Config) { c.Rho = 0.1 })},
		{"the probe radius follows rho", "xsam", Settings{"rho": "0.1"},
			changed(xsam.DefaultConfig(), func(c *xsam.Config) { c.Rho, c.ProbeRadius = 0.1, 0.1 })},
		{"unless it is set", "xsam", Settings{"rho": "0.1", "probe-radius": "0.2"},
			changed(xsam.DefaultConfig(), func(c *xsam.Config) { c.Rho, c.ProbeRadius = 0.1, 0.2 })},
		{"xsam-lite never ascends and has no rho", "xsam-lite", Settings{"rho": "0.1", "ascent-every": "3"}, xsam.LiteConfig()},
		{"rho = 0 is the ablation without ascent; pairs still need a radius", "xsam", Settings{"rho": "0"},
			changed(xsam.DefaultConfig(), func(c *xsam.Config) { c.Rho = 0 })},
		{"settings in the label", "xsam:alpha=0.5:refresh-every=10", nil,
			changed(xsam.DefaultConfig(), func(c *xsam.Config) { c.Alpha, c.RefreshEvery = 0.5, 10 })},
		{"the label has the last word", "sam:rho=0.2", Settings{"rho": "0.1"},
			changed(xsam.SAMConfig(), func(c *xsam.Config) { c.Rho = 0.2 })},
		{"explicit is the mean of the pair of every step", "xsam", Settings{"correction": "explicit"},
			changed(xsam.DefaultConfig(), func(c *xsam.Config) { c.Correction, c.RefreshEvery = xsam.Explicit, 1 })},
		{"names of refreshes and corrections", "xsam-lite:refresh=three-point:correction=projection", nil,
			changed(xsam.LiteConfig(), func(c *xsam.Config) { c.Refresh, c.Correction = xsam.RefreshThreePoint, xsam.Projection })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r Recipe
			if err := r.SetMethod(tt.label, tt.common); err != nil {
				t.Fatal(err)
			}
			got, err := r.Sharpness.config()
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want || r.Method != tt.label {
				t.Errorf("SetMethod(%q, %v): method %q with\n%+v, want\n%+v", tt.label, tt.common, r.Method, got, tt.want)
			}
		})
	}
}

func TestSetMethodRefuses(t *testing.T) {
	tests := []struct {
		label  string
		common Settings
		want   string
	}{
		{"adamax", nil, "unknown method"},
		{"", nil, "unknown method"},
		{"sgd:alpha=1", nil, "no setting of sgd"},
		{"sam:rho", nil, "want key=value"},
		{"xsam:eta=1", nil, "no setting of xsam"},
		{"sam", Settings{"roh": "1"}, "unknown setting"},
		{"sam", Settings{"rho": "much"}, "rho"},
		{"sam:rho=-1", nil, "Rho = -1"},
		{"xsam:alpha=3", nil, "Alpha = 3"},
		{"xsam:correction=sideways", nil, "sideways"},
	}
	for _, tt := range tests {
		r := Recipe{Method: "before"}
		err := r.SetMethod(tt.label, tt.common)
		if err == nil || !strings.Contains(err.Error(), tt.want) || r.Method != "before" {
			t.Errorf("SetMethod(%q, %v) = %v, method %q, want an error with %q and the recipe left alone", tt.label, tt.common, err, r.Method, tt.want)
		}
	}
}

// SGD takes 1 gradient a step, SAM 2, X-SAM 2 and X-SAM lite 1.2, but for its first refreshes: 203 pair steps in 1,000.
func TestGradientsPerStep(t *testing.T) {
	for method, want := range map[string]float64{"sgd": 1, "sam": 2, "asam": 2, "xsam": 2, "xsam-lite": 1.204, "sam:rho=0": 1} {
		var r Recipe
		if err := r.SetMethod(method, nil); err != nil {
			t.Fatal(err)
		}
		if got := GradientsPerStep(r); got != want {
			t.Errorf("%s takes %v gradients a step, want %v", method, got, want)
		}
	}
}
