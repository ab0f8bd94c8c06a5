package experiment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/runlog"
)

// ended is the tag of the event that says how a run ended.
const ended = "_hparams_/session_end_info"

// tags counts the scalars in the event files of a run, by their names; internal/tensorboard tests the files themselves.
// Times of steps are left out: an epoch may have none after a resumption, whose first steps compile.
func tags(t *testing.T, dir string) map[string]int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, runlog.TensorBoardFiles))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range []string{
			"train/loss", "train/lr", "train/grad_norm", "train/angle_deg", "train/lambda_max", "train_set/loss",
			"train_set/accuracy",
			"test/loss", "test/accuracy", "curvature/lambda_max", "curvature/angle_deg", ended,
		} {
			counts[tag] += strings.Count(string(content), tag)
		}
	}
	return counts
}

// A run that is interrupted and resumed has the events of one that is not; and one that turns TensorBoard on when it is
// resumed has them all too.
func TestTensorBoardFollowsTheRecords(t *testing.T) {
	engine := testbackend.GoEngine(t)
	r := testrun.Tiny(t, "xsam")
	r.EvaluateEvery, r.LambdaEvery = 1, 1
	whole, _ := testrun.Make(t, Run, engine, r, Options{TensorBoard: true})
	want := tags(t, whole)
	for tag, n := range want {
		if n != 3 && tag != ended || n != 1 && tag == ended {
			t.Errorf("%d events of %s in 3 epochs", n, tag)
		}
	}
	if paths, err := filepath.Glob(filepath.Join(whole, runlog.TensorBoardFiles)); err != nil || len(paths) != 1 {
		t.Fatalf("event files %q, %v, want one in the run directory, whose name TensorBoard shows", paths, err)
	} else if text, err := os.ReadFile(paths[0]); err != nil || !strings.Contains(string(text),
		"session_start_info") || !strings.Contains(string(text), "refresh_every") {
		t.Errorf("the settings are not in the file: %v", err)
	}
	for _, first := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "run")
		ctx, cancel := context.WithCancel(context.Background())
		_, err := Run(ctx, engine, r, dir, Options{TensorBoard: first, Progress: func(p Progress) {
			if p.Step == 5 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want an interruption", err)
		}
		if _, err := Run(context.Background(), engine, r, dir, Options{TensorBoard: true, Existing: Resume}); err != nil {
			t.Fatal(err)
		}
		if got := tags(t, dir); !reflect.DeepEqual(got, want) {
			t.Errorf("TensorBoard from the start %v: events %v after a resumption, want %v", first, got, want)
		}
	}
}
