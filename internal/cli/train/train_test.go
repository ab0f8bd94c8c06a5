package train

import (
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/runlog"
)

var xsam = clitest.Of(New)

func TestHelp(t *testing.T) { xsam.Help(t, "train") }

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"train --method sgd --alpha 1": "no effect on sgd",
		"train --alpha three":          "alpha",
		"train --alpha 3":              "--alpha = 3",
		"train --dtype int8":           "int8",
		"train --curvature-every -1":   "--curvature-every -1",
	})
	xsam.Fails(t, exit.Failed, map[string]string{
		"train --data digits --backend go": "data-dir",
		"train --backend vax":              "vax",
	})
}

func TestTrain(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append([]string{"train", "--method", "xsam:alpha=0.5", "--seed", "3", "--out", "runs", "--quiet"},
		clitest.Tiny()...)
	text, stderr, code := xsam.Run(args...)
	if code != exit.Done || stderr != "" {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	stdout, _, code := xsam.Run(append(args, "--resume", "--format", "json")...)
	var got runlog.Summary
	if err := json.Unmarshal([]byte(stdout), &got); code != exit.Done || err != nil {
		t.Fatalf("exit %d, %v in %s", code, err, stdout)
	}
	want := clitest.ReadRun(t, "runs/xsam_alpha=0.5-seed3").Summary
	if got != want || got.Seed != 3 || got.Method != "xsam:alpha=0.5" {
		t.Errorf("printed %+v, want what summary.json holds, %+v", got, want)
	}
	stdout, _, code = xsam.Run(append(args, "--resume", "--format", "csv")...)
	if lines, err := csv.NewReader(strings.NewReader(stdout)).ReadAll(); code != exit.Done || err != nil ||
		len(lines) != 2 {
		t.Errorf("exit %d, %v, CSV %q, want a header and a line", code, err, lines)
	}
	clitest.Golden(t, "train.txt", clitest.Blurred(text))
}

// Without --out, --resume finds the newest runs for the data and the model.
func TestResumeFindsTheNewestRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append([]string{"train", "--method", "sgd", "--quiet", "--lambda-products", "0"}, clitest.Tiny()...)
	xsam.Done(t, args...)
	first, _ := filepath.Glob(flags.RunsFolder + "/glyphs-mlp-*/sgd-seed0")
	if len(first) != 1 {
		t.Fatalf("runs in %v, want one under %s/glyphs-mlp-…", first, flags.RunsFolder)
	}
	stdout, stderr, code := xsam.Run(append(args, "--resume")...)
	if code != exit.Done || !strings.Contains(stdout, first[0]) {
		t.Errorf("exit %d, stderr %q, stdout %q, want the record in %s", code, stderr, stdout, first[0])
	}
}

// The summary states the cost of measuring along training.
func TestCurvatureEvery(t *testing.T) {
	t.Chdir(t.TempDir())
	stdout := xsam.Done(t, append(strings.Fields("train --method sgd --out runs --quiet --curvature-every 1"),
		clitest.Tiny()...)...)
	if !strings.Contains(stdout, "curvature   measured along training in ") {
		t.Errorf("stdout %q, want the cost of the measurements", stdout)
	}
	summary := clitest.ReadRun(t, "runs/sgd-seed0").Summary
	if share := summary.CurvatureShare.Float(); !(share > 0 && share < 1) {
		t.Errorf("summary %+v, want the share of the time", summary)
	}
}
