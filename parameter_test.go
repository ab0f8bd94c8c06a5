package xsam_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/parameter"
)

// Every parameter of the table is a field of Config, is set from its own text, and stands in JSON under its key;
// every method of the table has a preset, and the other way round.
func TestTableOfParameters(t *testing.T) {
	for _, p := range parameter.All {
		for _, preset := range []xsam.Config{xsam.DefaultConfig(), xsam.PaperConfig()} {
			var c xsam.Config
			text := preset.Get(p.Name)
			if text == "" {
				t.Errorf("%s: Config has no field with the key %s", p.Name, p.Key())
				continue
			}
			if err := c.Set(p.Name, text); err != nil || c.Get(p.Name) != text {
				t.Errorf("%s: set to %q it is %q (%v)", p.Name, text, c.Get(p.Name), err)
			}
			if p.Choices != nil && !slices.Contains(p.Choices, text) {
				t.Errorf("%s: %q is none of its choices %v", p.Name, text, p.Choices)
			}
		}
		for _, choice := range p.Choices {
			c := xsam.DefaultConfig()
			if err := c.Set(p.Name, choice); err != nil || c.Get(p.Name) != choice {
				t.Errorf("%s: the choice %s cannot be set: %v", p.Name, choice, err)
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(xsam.Presets)),
		slices.Sorted(slices.Values(parameter.MethodNames())); !slices.Equal(got, want) {
		t.Errorf("presets %v, methods of the table %v", got, want)
	}
}

// A configuration survives its JSON form, which is flat, with texts for its enumerations.
func TestConfigAsJSON(t *testing.T) {
	for name, preset := range xsam.Presets {
		text, err := json.Marshal(preset())
		if err != nil {
			t.Fatal(err)
		}
		var back xsam.Config
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, preset()) {
			t.Errorf("%s: %s reads as %+v (%v), want %+v", name, text, back, err, preset())
		}
	}
	text, _ := json.Marshal(xsam.PaperConfig())
	for _, want := range []string{`"rho":0.05`, `"refresh":"exact"`, `"refresh_every":3`, `"length":"unit"`,
		`"correction":"paper"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the JSON form %s lacks %s", text, want)
		}
	}
}

func TestMethod(t *testing.T) {
	changed := func(c xsam.Config, change func(*xsam.Config)) xsam.Config {
		change(&c)
		return c
	}
	tests := []struct {
		label  string
		common map[string]string
		want   xsam.Config
		err    string
	}{
		{"sam", map[string]string{"rho": "0.1", "alpha": "2"}, changed(xsam.SAMConfig(),
			func(c *xsam.Config) { c.Rho = 0.1 }), ""},
		{"xsam:rho=0.1", nil, changed(xsam.DefaultConfig(), func(c *xsam.Config) { c.Rho, c.ProbeRadius = 0.1, 0.1 }), ""},
		{"xsam:correction=explicit", nil, changed(xsam.DefaultConfig(), func(c *xsam.Config) {
			c.Form,
				c.Refresh.Every = xsam.Explicit, 1
		}), ""},
		{"nsam:refresh-every=10", nil, changed(xsam.NSAMConfig(), func(c *xsam.Config) { c.Refresh.Every = 10 }), ""},
		{"ssam:length=unit", nil, changed(xsam.SSAMConfig(), func(c *xsam.Config) { c.Length = xsam.Unit }), ""},
		{"xsam:max-lambda=edge:0.5:rho=0.1", nil, changed(xsam.DefaultConfig(), func(c *xsam.Config) {
			c.MaxLambda, c.Rho, c.ProbeRadius = -0.5, 0.1, 0.1
		}), ""},
		{"xsam:rho=0.1:0.2", nil, xsam.Config{}, "0.1:0.2"},
		{"sgd:rho=1", nil, xsam.Config{}, "no setting of it"},
		{"gd", nil, xsam.Config{}, "unknown method"},
		{"xsam:correction=explicit:refresh-most=4:refresh-tolerance=1", nil, xsam.Config{}, "a fixed interval"},
		{"xsam:side=left", nil, xsam.Config{}, "larger-loss mean"},
		{"xsam:ascent-every=0", nil, xsam.Config{}, "no step ascends"},
		{"sam", map[string]string{"rh": "1"}, xsam.Config{}, "unknown setting"},
	}
	for _, tt := range tests {
		got, err := xsam.Method(tt.label, tt.common)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want one that says %q", tt.label, err, tt.err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v (%v), want %+v", tt.label, got, err, tt.want)
		}
	}
}

// GoMLX's settings change what SetDefaultParams put there.
func TestSettingsOfGoMLX(t *testing.T) {
	store := model.NewStore()
	xsam.SetDefaultParams(store, xsam.DefaultConfig())
	store.SetParam(optimizer.ParamOptimizer, "xsam")
	store.SetParam("xsam_rho", 0.2)
	store.SetParam("xsam_refresh_every", 7)
	store.SetParam("xsam_length", "unit")
	want := xsam.DefaultConfig()
	want.Rho, want.ProbeRadius, want.Refresh.Every, want.Length = 0.2, 0.2, 7, xsam.Unit
	if got := optimizer.FromStore(store).(*xsam.Optimizer).Config(); !reflect.DeepEqual(got, want) {
		t.Errorf("configuration %+v, want %+v", got, want)
	}
}

// Every number of the table, given to every method that has it, is refused where it is nonsense, whatever else of the
// method would make it idle.
func TestNonsenseIsRefused(t *testing.T) {
	calls := 0
	for _, p := range parameter.All {
		sets := func(text string) bool { c := xsam.DefaultConfig(); return c.Set(p.Name, text) == nil }
		nonsense := []string{"-1", "NaN", "0.5", "1e300", "4294967296", "9223372036854775807", "x", ""} // of whole numbers
		switch {
		case p.Choices != nil || sets("true"):
			continue
		case sets("0.5"):
			nonsense = []string{"-1", "NaN", "Inf", "-Inf", "-1e-9", "1e300", "x", ""}
		}
		for _, method := range parameter.MethodNames() {
			if !parameter.Has(method, p.Name) {
				continue
			}
			for _, text := range nonsense {
				calls++
				_, err := xsam.Method(method, map[string]string{p.Name: text})
				taken := p.Name == "from-step" && text == "-1" // the first step of the last fifth
				if (err == nil) != taken || err != nil && !strings.Contains(err.Error(), "method "+method) {
					t.Errorf("%s with %s = %q: error %v, want one that names the method: %v", method, p.Name, text, err, !taken)
				}
			}
		}
	}
	if t.Logf("%d calls", calls); calls < 500 {
		t.Errorf("%d calls, want some hundred", calls)
	}
}
