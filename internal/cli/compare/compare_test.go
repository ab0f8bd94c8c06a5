package compare

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/runlog"
)

var xsam = clitest.Of(New)

func TestHelp(t *testing.T) { xsam.Help(t, "compare") }

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"compare --frobnicate":       "unknown flag",
		"compare extra":              "extra",
		"compare --seeds 0":          "--seeds 0",
		"compare --seeds many":       "seeds",
		"compare --methods sgd,adam": "unknown method",
		"compare --methods sgd,sgd":  "twice",
		"compare --methods sgd,":     "unknown method",
		"compare --format xml":       "--format",
		"compare --data faces":       "faces",
		"compare --model vgg":        "vgg",
		"compare --label-noise 2":    "label noise",
		"compare --resume --force":   "choose one",
		"compare --resume":           "there is no",

		"compare --list-runs --slurm":               "--slurm with --list-runs: want one of them",
		"compare --list-runs --force":               "--list-runs with --force: want one of them",
		"compare --list-runs --sweep rho=0.1,0.2":   "--list-runs with --sweep: want one of them",
		"compare --list-runs --tune 3":              "--list-runs with --tune: want one of them",
		"compare --list-runs --config c.json":       "--list-runs with --config: want one of them",
		"compare --slurm --out . --resume":          "--slurm with --resume: want one of them",
		"compare --only sam-seed0 --force":          "--only with --force: want one of them",
		"compare --only sam-seed4 --out runs":       "such as sgd-seed0",
		"compare --sbatch partition=gpu":            "want --slurm beside it",
		"compare --slurm --sbatch array=1-4":        "want array=%N",
		"compare --slurm --sbatch wrap=ls":          "this is set already",
		"compare --slurm --slurm=false --sbatch x":  "want --slurm beside it",
		"compare --slurm --out . --sbatch=-p=large": "want one long option of sbatch",
	})
}

func TestCompare(t *testing.T) {
	data := t.TempDir()
	t.Chdir(data)
	args := append([]string{"compare", "--methods", "sgd,sam,xsam", "--seeds", "2", "--out", "runs", "--rho", "0.1"},
		clitest.Tiny()...)
	table, stderr, code := xsam.Run(args...)
	if code != exit.Done {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if !strings.Contains(stderr, "[6/6] xsam-seed1  test accuracy") {
		t.Errorf("stderr %q, want a line for each run that ended", stderr)
	}
	runs, err := runlog.ReadRuns("runs")
	if err != nil || len(runs) != 6 {
		t.Fatalf("runs %v (%v), want 6", runs, err)
	}

	t.Run("again, without --resume, is refused", func(t *testing.T) {
		_, stderr, code := xsam.Run(args...)
		if code != exit.Failed || !strings.Contains(stderr, "--resume") || !strings.Contains(stderr, "--force") {
			t.Errorf("exit %d, stderr %q, want a failure that names --resume and --force", code, stderr)
		}
	})
	t.Run("resumed, gives the same from the records", func(t *testing.T) {
		again, _, code := xsam.Run(append(args, "--resume")...)
		if code != exit.Done || again != table {
			t.Errorf("exit %d, table\n%s\nwant\n%s", code, again, table)
		}
	})
	t.Run("another recipe in the same place is refused", func(t *testing.T) {
		_, stderr, code := xsam.Run(append(args, "--resume", "--lr", "0.3")...)
		if code != exit.Failed || !strings.Contains(stderr, "lr 0.02, now 0.3") {
			t.Errorf("exit %d, stderr %q, want a failure that names the difference", code, stderr)
		}
	})
	t.Run("json", func(t *testing.T) {
		stdout, stderr, code := xsam.Run(append(args, "--resume", "--quiet", "--format", "json")...)
		var got struct {
			Table []map[string]any
			Runs  []runlog.Summary
		}
		if err := json.Unmarshal([]byte(stdout), &got); code != exit.Done || err != nil {
			t.Fatalf("exit %d, %v in %s", code, err, stdout)
		}
		if len(got.Table) != 3 || len(got.Runs) != 6 || got.Table[2]["method"] != "xsam" || got.Table[2]["n"] != 2.0 {
			t.Errorf("table %v and %d runs, want 3 methods with n = 2, and 6 runs", got.Table, len(got.Runs))
		}
		mean := (got.Runs[1].TestAccuracy.Float() + got.Runs[4].TestAccuracy.Float()) / 2
		if got.Table[1]["test_accuracy_mean"] != mean {
			t.Errorf("mean accuracy of sam %v, want that of its runs, %v", got.Table[1]["test_accuracy_mean"], mean)
		}
		if !strings.Contains(stderr, "fewer than 4 seeds") {
			t.Errorf("stderr %q, want the warning about few seeds", stderr)
		}
	})
	t.Run("csv", func(t *testing.T) {
		stdout, _, code := xsam.Run(append(args, "--resume", "--quiet", "--format", "csv")...)
		lines, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
		if code != exit.Done || err != nil || len(lines) != 4 || lines[1][0] != "sgd" {
			t.Errorf("exit %d, %v, CSV %q, want a header and 3 methods", code, err, lines)
		}
	})
	t.Run("overwritten", func(t *testing.T) {
		if _, stderr, code := xsam.Run(append(args, "--force", "--quiet", "--methods", "sam", "--seeds",
			"1")...); code != exit.Done || stderr != "" {
			t.Errorf("exit %d, stderr %q, want none with --quiet", code, stderr)
		}
	})
	clitest.Golden(t, "compare.txt", clitest.Blurred(table))
}

// An interrupted comparison exits with 130, and --resume gives what an uninterrupted one gives.
func TestInterruptAndResume(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append([]string{"compare", "--methods", "sgd,xsam-lite", "--seeds", "1", "--format", "json"},
		clitest.Tiny()...)
	with := func(more ...string) []string { return append(append([]string{}, args...), more...) }
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var stdout bytes.Buffer
	stderr := &clitest.Stopper{Text: "[1/2] sgd-seed0  test accuracy", Cancel: cancel}
	code := xsam.Start(ctx, &stdout, stderr, with("--out", "broken")...)
	if code != exit.Interrupted || stdout.Len() > 0 {
		t.Fatalf("exit %d, stdout %q, want 130 and nothing on stdout", code, stdout.String())
	}
	if text := stderr.String(); !strings.Contains(text, "1 of 2 runs") || !strings.Contains(text,
		"xsam compare --resume broken") {
		t.Errorf("stderr %q, want how far it got and how to go on", text)
	}
	results := func(args []string) (out []runlog.Summary) {
		t.Helper()
		stdout, stderr, code := xsam.Run(args...)
		var got struct{ Runs []runlog.Summary }
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exit.Done {
			t.Fatalf("exit %d, %v, stderr %s", code, err, stderr)
		}
		for i := range got.Runs {
			got.Runs[i].StepSecondsMedian, got.Runs[i].WallSeconds = runlog.Number{}, runlog.Number{}
		}
		return got.Runs
	}
	resumed, whole := results(with("--out", "broken", "--resume")), results(with("--out", "whole"))
	for i := range whole {
		if resumed[i] != whole[i] {
			t.Errorf("resumed\n%+v\nwant\n%+v", resumed[i], whole[i])
		}
	}
}

// The table states the cost of measuring along training.
func TestCurvatureEvery(t *testing.T) {
	t.Chdir(t.TempDir())
	stdout := xsam.Done(t, append(strings.Fields("compare --methods sgd,sam --seeds 2 --out runs --quiet "+
		"--curvature-every 2"), clitest.Tiny()...)...)
	want := regexp.MustCompile(`(?m)^curvature measured along training in [0-9.]+ s, [0-9]+ % of the time$`)
	if !want.MatchString(stdout) {
		t.Errorf("stdout %q, want the cost of the measurements", stdout)
	}
}
