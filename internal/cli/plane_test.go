package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/runlog"
)

// The folder of a comparison gives one plane for all its methods; other measures want one run.
func TestPlaneThroughRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	xsam.Done(t, append(strings.Fields("compare --methods sgd,sam,xsam --seeds 1 --quiet --out runs"),
		strings.Fields("--model mlp --train-size 64 --test-size 32 --batch 16 --epochs 2 "+
			"--lambda-examples 32 --backend go")...)...)
	stdout := xsam.Done(t, strings.Fields("curvature runs --measure landscape --landscape runs --grid 3 --plots pictures "+
		"--backend go --quiet")...)
	for _, want := range []string{"all methods, seed 0", "landscape runs, 9 points", "3 pictures"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the table is\n%s\nwant %q", stdout, want)
		}
	}
	run, err := runlog.ReadRun("runs/sam-seed0")
	if err != nil || len(run.Measurements) != 1 {
		t.Fatalf("%d measurements (%v), want the one of the plane", len(run.Measurements), err)
	}
	if l := run.Measurements[0].Landscape; len(l.Runs) != 3 || l.Runs[2].Name != "sam" || l.Runs[2].At != [2]float64{} {
		t.Errorf("landscape %+v, want the places of three runs, sam at 0, 0", l)
	}
	drawn, err := filepath.Glob("pictures/landscape-step*-runs.p*")
	if err != nil || len(drawn) != 2 {
		t.Errorf("%v, %v, want a PNG and a PDF", drawn, err)
	}
	page := xsam.Done(t, "report", "runs", "--out", "page.html")
	html, err := os.ReadFile("page.html")
	if err != nil || !strings.Contains(string(html), "Plane through the last weights, seed 0") ||
		!strings.Contains(string(html), `<text class="run" y="-8">xsam</text>`) {
		t.Errorf("%v: the page %s has no plane through the runs", err, page)
	}
	if _, stderr, code := xsam.Run("curvature", "runs", "--landscape", "runs", "--measure", "spectrum,landscape"); code ==
		exit.Done || !strings.Contains(stderr, "holds 3 runs: want one of them") {
		t.Errorf("exit %d, %s, want one run for a spectrum", code, stderr)
	}
}
