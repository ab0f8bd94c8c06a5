package advise

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/advice"
	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/runlog"
)

var xsam = clitest.Of(New)

// tiny makes advise look at few images on the engine that needs no installation.
func tiny() []string {
	return strings.Fields("--model mlp --train-size 64 --test-size 32 --batch 16 --epochs 2 --backend go")
}

func TestHelp(t *testing.T) { xsam.Help(t, "advise") }

// The sentences come in order; nothing is evaluated on test examples; runs that are kept are taken with --resume, and
// say the same.
func TestAdvise(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append([]string{"advise", "--quiet", "--out", "out"}, tiny()...)
	text, stderr, code := xsam.Run(args...)
	if code != exit.Done || stderr != "" {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var a advice.Advice
	if err := json.Unmarshal([]byte(xsam.Done(t, append(args, "--resume", "--format", "json")...)), &a); err != nil {
		t.Fatal(err)
	}
	var about []string
	for _, s := range a.Sentences {
		if about = append(about, s.About); s.About != "cost" && !strings.Contains(text, s.Text) {
			t.Errorf("resumed it says %q, before it said\n%s", s.Text, text)
		}
	}
	if strings.Join(about, " ") != "edge lr noise rho alpha cost" || a.Runs != 8 || a.Facts.Steps != 8 {
		t.Errorf("sentences about %v from %d runs for %d steps, want six from 8 for 8 in\n%s", about, a.Runs, a.Facts.Steps,
			text)
	}
	runs, err := filepath.Glob(filepath.Join("out", advice.Folder, "*-seed*"))
	if err != nil || len(runs) != 8 {
		t.Errorf("%v, %v, want 8 runs", runs, err)
	}
	for _, dir := range runs {
		for _, r := range clitest.ReadRun(t, dir).Records {
			if r.Split == runlog.TestSplit {
				t.Errorf("%s was evaluated on the test images", dir)
			}
		}
	}
	if _, stderr, code := xsam.Run(args...); code != exit.Failed || !strings.Contains(stderr, "--resume goes on with it") {
		t.Errorf("again without --resume: exit %d, %s", code, stderr)
	}
}

// Without --out nothing is left, also where it is interrupted.
func TestNothingIsLeft(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	stderr := &clitest.Stopper{Text: "[1/8]", Cancel: cancel}
	var stdout strings.Builder
	code := xsam.Start(ctx, &stdout, stderr, append([]string{"advise"}, tiny()...)...)
	cancel()
	if code != exit.Interrupted || stdout.Len() > 0 || !strings.Contains(stderr.String(), "with --out DIR") {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
	for _, dir := range []string{".", os.Getenv("TMPDIR")} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s has %v (%v), want nothing", dir, left, err)
		}
	}
}

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"advise --format csv":              "--format",
		"advise --lr auto":                 "--lr",
		"advise --epochs 0":                "epochs = 0",
		"advise --resume --force --out a":  "choose one",
		"advise --resume":                  "--out",
		"advise --base adam --momentum .5": "no effect",
		"advise --methods sam":             "unknown flag",
	})
}
