package exit

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/parameter"
)

// Errors name flags and no fields of Go, and a wrong word gets the one that may have been meant.
func TestSpoken(t *testing.T) {
	for _, tt := range [][2]string{
		{"datasets: LoaderConfig.BatchSize = 128: want 1 to 90", "datasets: --batch = 128: want 1 to 90"},
		{"xsam: method xsam: xsam: Config.Correction.Alpha = 3: want less", "method xsam: --alpha = 3: want less"},
		{"xsam: Config.Refresh.ProbeRadius = 0", "--probe-radius = 0"},
		{"xsam: Config.Refresh.Every = -1", "--refresh-every = -1"},
		{"xsam: Config.Alpha = 1 with Refresh.Every = 0: want Alpha = 0, or Refresh.Every = 1 or more",
			"--alpha = 1 with --refresh-every = 0: want --alpha = 0, or --refresh-every = 1 or more"},
		{"xsam: Config.Decay = 2 with Less = 1: want 0 ≤ Decay < 1",
			"--average-decay = 2 with --less-average = 1: want 0 ≤ --average-decay < 1"},
		{"xsam: Config.To = 1 with From = 5: want a step after From",
			"--to-step = 1 with --from-step = 5: want a step after --from-step"},
		{"xsam: Accumulate with Refresh.By = exact: want ByPair", "Accumulate with --refresh = exact: want pair"},
		{"the File is Clean, and Most of it", "the File is Clean, and Most of it"},
		{`rho = "x": strconv.ParseFloat: parsing "x": invalid syntax`, `rho = "x": want a number`},
		{`data "digts": want one of [glyphs digits], or your own: csv:FILE`,
			`data "digts": want one of [glyphs digits], or your own: csv:FILE: did you mean digits?`},
		{`there is no model "resnet": want one of mlp, resnet8 or mlp-DEPTHxWIDTH`,
			`there is no model "resnet": want one of mlp, resnet8 or mlp-DEPTHxWIDTH: did you mean resnet8?`},
		{"experiment: sam-seed0: interrupted after step 5 of 12: context canceled\ngo on",
			"experiment: sam-seed0: interrupted after step 5 of 12\ngo on"},
		{"there are 2 forms of X-SAM and 0 of SAM: want one of each, as xsam compare --methods sam,xsam makes them",
			"there are 2 forms of X-SAM and 0 of SAM: want one of each, as xsam compare --methods sam,xsam makes them"},
		{`data "faces": want one of [glyphs digits]`, `data "faces": want one of [glyphs digits]`},
	} {
		if got := spoken(errors.New(tt[0])); got != tt[1] {
			t.Errorf("spoken(%q) =\n%q, want\n%q", tt[0], got, tt[1])
		}
	}
}

// Whatever is wrong with a method's configuration, the message has no word with capitals in it but symbols and names of
// people.
func TestNoFieldIsLeft(t *testing.T) {
	goName := regexp.MustCompile(`\b(?:[A-Z][a-z]+)+[A-Z][a-z]+\b|\b[A-Z][a-z]+\b`)
	seen := 0
	for method, preset := range xsam.Presets {
		for _, p := range parameter.All {
			for _, value := range append([]string{"-1", "0", "1", "2", "3e9", "7", "true"}, p.Choices...) {
				c := preset()
				if c.Set(p.Name, value) != nil {
					continue
				}
				if err := c.Validate(); err != nil {
					seen++
					text := strings.ReplaceAll(spoken(err), "Hessian", "")
					if bad := goName.FindString(text); bad != "" {
						t.Errorf("%s --%s %s: %q in %s", method, p.Name, value, bad, text)
					}
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("%d messages were looked at", seen)
	}
}
