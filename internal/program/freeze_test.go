package program

import "testing"

func TestPatterns(t *testing.T) {
	for _, tt := range []struct {
		freeze, train, path, name string
		want                      bool
	}{
		{"", "", "/conv1/weight", "conv1.weight", false},
		{"conv1", "", "/conv1/weight", "conv1.weight", true},
		{"conv1", "", "/conv10/weight", "conv10.weight", false},
		{"conv*", "", "/conv10/weight", "conv10.weight", true},
		{"conv?", "", "/conv10/weight", "conv10.weight", false},
		{"a,conv1.weight", "", "/conv1/weight", "", true},
		{"bn.weight", "", "/bn/scale", "bn.weight", true},
		{"bn/scale", "", "/bn/scale", "bn.weight", true},
		{"*bias", "", "/fc/bias", "fc.bias", true},
		{"(", "", "/fc/bias", "fc.bias", false},
		{"", "fc", "/fc/bias", "fc.bias", false},
		{"", "fc", "/conv1/weight", "conv1.weight", true},
		{"fc.bias", "fc", "/fc/bias", "fc.bias", true},
		{"*", "", "/xsam_head/weight", "", false},
	} {
		if got := freezing(tt.freeze, tt.train, "xsam_head")(tt.path, tt.name); got != tt.want {
			t.Errorf("--freeze %q --train %q: %s is frozen: %v, want %v", tt.freeze, tt.train, tt.path, got, tt.want)
		}
	}
}
