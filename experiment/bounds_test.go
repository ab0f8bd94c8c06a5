package experiment

import (
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
)

// What is said of a bound on λ at the end goes by λmax, where it is measured: nothing under a bound that was kept, the
// two numbers where it was not. Where it is not measured the running estimate is all there is.
func TestBoundOnLambdaIsJudged(t *testing.T) {
	engine := testbackend.GoEngine(t)
	for _, tt := range []struct {
		name, bound, want string
		products          int
	}{
		{"kept", "1e6", "", 200},
		{"exceeded", "1e-4", "the bound 0.0001 on λ is exceeded: λmax is ", 200},
		{"not measured", "1e-4", "the bound 0.0001 on λ may be out of reach", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := testrun.Tiny(t, "xsam:max-lambda="+tt.bound)
			r.LambdaProducts = tt.products
			var said []string
			testrun.Make(t, Run, engine, r, Options{Warn: func(w string) { said = append(said, w) }})
			all := strings.Join(said, "\n")
			if tt.want == "" && strings.Contains(all, "on λ") || !strings.Contains(all, tt.want) {
				t.Errorf("said %q, want %q", all, tt.want)
			}
		})
	}
}
