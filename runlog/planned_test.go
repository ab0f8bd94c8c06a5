package runlog

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestPlanned(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"methods by seeds", `{"recipe": {}, "methods": ["sgd", "sam:rho=0.1"], "seed": 3, "seeds": 2}`,
			[]string{"sgd-seed3", "sam_rho=0.1-seed3", "sgd-seed4", "sam_rho=0.1-seed4"}},
		{"broken", `{"methods": [`, nil},
		{"more than anybody makes", `{"methods": ["sgd"], "seeds": 1000000000}`, nil},
		{"fewer than none", `{"methods": ["sgd"], "seeds": -1}`, nil},
	} {
		got := Planned(fstest.MapFS{"out/comparison.json": {Data: []byte(tt.text)}}, "out")
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: planned %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := Planned(fstest.MapFS{}, "out"); got != nil {
		t.Errorf("without a file: planned %q, want nothing", got)
	}
}
