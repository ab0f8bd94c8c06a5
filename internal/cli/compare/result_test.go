package compare

import (
	"strings"
	"testing"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Above the table stands how long each method was trained, where a sweep has chosen differently.
func TestHeading(t *testing.T) {
	made := func(method string, seed int64, epochs, batch, size int) recipe.Recipe {
		r := recipe.Recipe{Data: "digits", Epochs: epochs, Batch: batch, TrainSize: size, Seed: seed}
		r.Model, r.Method = "mlp", method
		return r
	}
	runs := []runlog.Summary{{Method: "sgd", Finished: true, Steps: 30}, {Method: "sam"},
		{Method: "xsam", Finished: true, Steps: 100}}
	for _, tt := range []struct {
		name    string
		recipes []recipe.Recipe
		want    string
	}{
		{"all alike", []recipe.Recipe{made("sgd", 0, 5, 32, 64), made("sam", 0, 5, 32, 64), made("sgd", 1, 5, 32, 64)},
			"digits, mlp, 5 epochs of 64 images, batch 32"},
		{"other epochs", []recipe.Recipe{made("sgd", 0, 5, 32, 64), made("sam", 0, 10, 32, 64), made("xsam", 0, 5, 32, 64)},
			"digits, mlp\n  sgd, xsam: 5 epochs of 64 images, batch 32\n  sam: 10 epochs of 64 images, batch 32"},
		{"other batches, all images", []recipe.Recipe{made("sgd", 0, 5, 32, 0), made("sam", 0, 5, 32, 0),
			made("xsam", 0, 5, 8, 0)},
			"digits, mlp\n  sgd, sam: 5 epochs of 6 steps, batch 32\n  xsam: 5 epochs of 20 steps, batch 8"},
	} {
		if got := heading(runs, tt.recipes); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	noisy := made("sgd", 0, 5, 32, 64)
	noisy.LabelNoise = 0.2
	if got := heading(runs, []recipe.Recipe{noisy}); !strings.HasSuffix(got, ", 20 % of the training labels random") {
		t.Errorf("%q, want the noise", got)
	}
}

// Without a finished run there is no curvature to measure, and nothing that more seeds would add to.
func TestNextOfDivergedRuns(t *testing.T) {
	runs := []runlog.Summary{{Method: "sam", Diverged: true, Stopped: "the loss is NaN"}}
	if got := next(compare.New(runs, compare.Options{}), "runs"); len(got) != 1 || got[0] != "xsam report runs" {
		t.Errorf("all runs diverged: %q, want the report alone", got)
	}
	t.Chdir(t.TempDir())
	args := strings.Fields("compare --methods sam --seeds 1 --out runs --quiet --lr 1e30")
	stdout, stderr, code := xsam.Run(append(args, clitest.Tiny()...)...)
	if code != exit.Failed || strings.Contains(stdout, "xsam curvature") || strings.Contains(stdout, "--seeds 4") {
		t.Errorf("exit %d, %s, stdout\n%s\nwant no commands that go on", code, stderr, stdout)
	}
}
