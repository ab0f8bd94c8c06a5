package recipe

import (
	"math"
	"strings"
	"testing"
)

func TestSizesAndLabelsThatAreMistakes(t *testing.T) {
	r := recipe(t)
	tests := []struct {
		want   string
		change func() error
	}{
		{"train size = 1000000000000: want 10000000", func() error { x := r; x.TrainSize = 1e12; return x.Validate() }},
		{"validation size = 100000000", func() error { x := r; x.ValidationSize = 1e8; return x.Validate() }},
		{"test size", func() error { x := r; x.TestSize = 1e9; return x.Validate() }},
		{"batch = ", func() error { x := r; x.Batch = math.MaxInt; return x.Validate() }},
		{"epochs = ", func() error { x := r; x.Epochs = math.MaxInt; return x.Validate() }},
		{"λmax examples = ", func() error { x := r; x.LambdaExamples = 1e9; return x.Validate() }},
		{"1000000 devices: want 1024", func() error { return r.CheckDevices(1_000_000) }},
		{"1000000000 seeds", func() error { _, err := Plan(r, []string{"sgd"}, nil, 0, 1_000_000_000); return err }},
		{"0 seeds", func() error { return CheckSeeds(0, 0) }},
		{"want seeds up to", func() error { return CheckSeeds(math.MaxInt64, 2) }},
		{"", func() error { return CheckSeeds(math.MaxInt64, 1) }},
		{"", func() error { return CheckSeeds(math.MinInt64, 4) }},
		{`the setting ""`, func() error { x := r; return x.SetMethod("xsam:", nil) }},
		{`"" is no setting`, func() error { x := r; return x.SetMethod("sam:rho=0.1:", nil) }},
		{"sets rho twice", func() error { x := r; return x.SetMethod("sam:rho=0.1:rho=0.2", nil) }},
		{"", func() error { x := r; return x.SetMethod("xsam:rho=0.1:alpha=0.5", nil) }},
	}
	for _, tt := range tests {
		err := tt.change()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}
