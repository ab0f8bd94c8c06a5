package exit

import (
	"errors"
	"testing"
)

// Errors name flags and no fields of Go, and a wrong word gets the one that may have been meant.
func TestSpoken(t *testing.T) {
	for _, tt := range [][2]string{
		{"datasets: LoaderConfig.BatchSize = 128: want 1 to 90", "datasets: --batch = 128: want 1 to 90"},
		{"xsam: method xsam: xsam: Config.Correction.Alpha = 3: want less", "method xsam: --alpha = 3: want less"},
		{"xsam: Config.Refresh.ProbeRadius = 0", "--probe-radius = 0"},
		{"xsam: Config.Refresh.Every = -1", "--refresh-every = -1"},
		{`rho = "x": strconv.ParseFloat: parsing "x": invalid syntax`, `rho = "x": want a number`},
		{`data "digts": want one of [glyphs digits], or your own: csv:FILE`,
			`data "digts": want one of [glyphs digits], or your own: csv:FILE: did you mean digits?`},
		{`there is no model "resnet": want one of mlp, resnet8 or mlp-DEPTHxWIDTH`,
			`there is no model "resnet": want one of mlp, resnet8 or mlp-DEPTHxWIDTH: did you mean resnet8?`},
		{"experiment: sam-seed0: interrupted after step 5 of 12: context canceled\ngo on",
			"experiment: sam-seed0: interrupted after step 5 of 12\ngo on"},
		{`data "faces": want one of [glyphs digits]`, `data "faces": want one of [glyphs digits]`},
	} {
		if got := spoken(errors.New(tt[0])); got != tt[1] {
			t.Errorf("spoken(%q) =\n%q, want\n%q", tt[0], got, tt[1])
		}
	}
}
