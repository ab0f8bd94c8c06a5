package xsamtest

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// Report is what the checks have found, in the order in which they were made.
type Report []Finding

// Finding is the outcome of one check.
type Finding struct {
	Check   string // what was checked
	Passed  bool
	Skipped string // why it was not checked; then it has not failed
	Detail  string // what was found, and what to look at where it has failed
}

// Passed tells whether no check has failed.
func (r Report) Passed() bool {
	for _, f := range r {
		if !f.Passed && f.Skipped == "" {
			return false
		}
	}
	return true
}

// String is the report, a line for each check.
func (r Report) String() string {
	var b strings.Builder
	for _, f := range r {
		state := "ok     "
		switch {
		case f.Skipped != "":
			state = "skipped"
		case !f.Passed:
			state = "FAILED "
		}
		fmt.Fprintf(&b, "%s  %-44s  %s\n", state, f.Check, strings.TrimSpace(f.Detail+" "+f.Skipped))
	}
	return b.String()
}

// Check makes all checks on p, logs the report, and fails t where one of them has failed.
func Check(t testing.TB, p Program) {
	t.Helper()
	report := Run(p)
	if report.Passed() {
		t.Logf("conformance\n%s", report)
		return
	}
	t.Errorf("conformance\n%s", report)
}

// Run makes all checks on p.
func Run(p Program) Report {
	var r Report
	for _, c := range checks {
		f := c.run(p)
		f.Check = c.name
		r = append(r, f)
	}
	return r
}

// String is the outcome in a few words.
func (f Finding) String() string {
	state := "FAILED"
	if f.Passed {
		state = "ok"
	}
	return strings.TrimSpace(state + ": " + f.Detail)
}

func failed(err error) Finding { return Finding{Detail: err.Error()} }

// compare finds how far got is from want: the root mean square of the difference, for each parameter, relative to that
// of the parameter or of all of them, whichever is larger. (A parameter may be 0 but for rounding.)
func compare(got, want map[string][]float64, tolerance float64, hint string) Finding {
	var all, n float64
	for _, w := range want {
		all, n = all+dot(w, w), n+float64(len(w))
	}
	worst, at := 0.0, ""
	for path, w := range want {
		g, ok := got[path]
		if !ok || len(g) != len(w) {
			return Finding{Detail: fmt.Sprintf("parameter %s is missing or has another size; %s", path, hint)}
		}
		difference := make([]float64, len(w))
		for i := range w {
			difference[i] = g[i] - w[i]
		}
		off := dot(difference, difference)
		if math.IsNaN(off) || math.IsInf(off, 0) {
			return Finding{Detail: fmt.Sprintf("parameter %s is not finite; %s", path, hint)}
		}
		if off == 0 {
			continue
		}
		if d := math.Sqrt(off / max(dot(w, w), all*float64(len(w))/n)); d > worst {
			worst, at = d, path
		}
	}
	detail := fmt.Sprintf("differs by %.1e, %.0e is allowed", worst, tolerance)
	if worst <= tolerance {
		return Finding{Passed: true, Detail: detail}
	}
	return Finding{Detail: fmt.Sprintf("%s, at %s: %s", detail, at, hint)}
}

func dot(x, y []float64) (sum float64) {
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}
