package compare

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/advice"
	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/recipe"
)

// All methods of a comparison get the numbers that short runs found once, and comparison.json has them: to go on takes
// no short run.
func TestAuto(t *testing.T) {
	t.Chdir(t.TempDir())
	text := xsam.Done(t, append(strings.Fields("compare --methods sgd,sam --seeds 1 --lr auto --rho auto --out runs "+
		"--quiet --lambda-products 0"), clitest.Tiny()...)...)
	c, err := recipe.ReadComparison("runs")
	if err != nil || len(c.Auto) > 0 || c.Running.Origins["lr"] == "" ||
		!strings.Contains(text, c.Running.Origins["rho"]) {
		t.Fatalf("comparison.json has %+v (%v), want nothing left to find and where lr and ρ come from", c, err)
	}
	for _, method := range c.Methods {
		run, err := recipe.Read(clitest.ReadRun(t, filepath.Join("runs", method+"-seed0")))
		if err != nil || run.LearningRate != c.Recipe.LearningRate || run.Origins["lr"] != c.Running.Origins["lr"] {
			t.Errorf("%s has lr %g from %q (%v), want %g from %q", method, run.LearningRate, run.Origins["lr"], err,
				c.Recipe.LearningRate, c.Running.Origins["lr"])
		}
	}
	if err := os.RemoveAll(filepath.Join("runs", advice.Folder)); err != nil {
		t.Fatal(err)
	}
	xsam.Done(t, strings.Fields("compare --resume runs --seeds 2 --quiet --backend go")...)
	if _, err := os.Stat(filepath.Join("runs", advice.Folder)); err == nil {
		t.Error("more seeds make short runs again")
	}
	_, stderr, code := xsam.Run(strings.Fields("compare --resume runs --lr 0.5 --backend go --quiet")...)
	if code != exit.Failed || !strings.Contains(stderr, "now 0.5") {
		t.Errorf("another rate: exit %d, %s", code, stderr)
	}
	more := clitest.ReadRun(t, "runs/sam-seed1")
	if first := clitest.ReadRun(t, "runs/sam-seed0"); more.Setup.LearningRate != first.Setup.LearningRate ||
		more.Setup.Rho != first.Setup.Rho {
		t.Errorf("the added run is of %+v, want %+v", more.Setup, first.Setup)
	}
}

// A comparison that was interrupted before the short runs had ended goes on with them.
func TestAutoInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	stderr := &clitest.Stopper{Text: "[1/8]", Cancel: cancel}
	code := xsam.Start(ctx, io.Discard, stderr, append(strings.Fields("compare --methods sam --seeds 1 --rho auto "+
		"--out runs --lambda-products 0"), clitest.Tiny()...)...)
	cancel()
	if code != exit.Interrupted || !strings.Contains(stderr.String(), "xsam compare --resume runs") {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	text := xsam.Done(t, strings.Fields("compare --resume runs --quiet --backend go")...)
	c, err := recipe.ReadComparison("runs")
	if err != nil || c.Running.Origins["rho"] == "" || !strings.Contains(text, c.Running.Origins["rho"]) {
		t.Errorf("resumed: %+v (%v), want where ρ comes from, and in\n%s", c, err, text)
	}
	_, said, code := xsam.Run(strings.Fields("compare --resume runs --lr auto --backend go")...)
	if code != exit.WrongUsage || !strings.Contains(said, "have a number already") {
		t.Errorf("auto for runs that have a rate: exit %d, %s", code, said)
	}
}

func TestAutoRefuses(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"compare --lr auto --tune 2":                 "want a number",
		"compare --rho auto --sweep lr=0.1":          "want a number",
		"compare --lr auto --list-runs":              "want a number",
		"compare --methods sam,asam --rho auto":      "units of its own",
		"compare --methods sgd,xsam-lite --rho auto": "no effect",
	})
}
