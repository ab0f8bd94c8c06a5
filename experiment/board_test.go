package experiment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// tags counts the scalars in the event files of a run, by their names; internal/tensorboard tests the files themselves.
// Times of steps are left out: an epoch may have none after a resumption, whose first steps compile.
func tags(t *testing.T, dir string) map[string]int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, runlog.TensorBoardDir, "*"))
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
			"train/loss", "train/lr", "train/grad_norm", "train/angle_deg", "train/lambda_max", "train_set/loss", "train_set/accuracy",
			"test/loss", "test/accuracy", "curvature/lambda_max", "curvature/angle_deg",
		} {
			counts[tag] += strings.Count(string(content), tag)
		}
	}
	return counts
}

// A run that is interrupted and resumed has the events of one that is not; and one that turns TensorBoard on when it is
// resumed has them all too.
func TestTensorBoardFollowsTheRecords(t *testing.T) {
	engine := goEngine(t)
	recipe := tiny(t, "xsam")
	recipe.EvaluateEvery, recipe.LambdaEvery = 1, 1
	whole, _ := mustRun(t, engine, recipe, Options{TensorBoard: true})
	want := tags(t, whole)
	for tag, n := range want {
		if n != 3 {
			t.Errorf("%d events of %s in 3 epochs", n, tag)
		}
	}
	for _, first := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "run")
		ctx, cancel := context.WithCancel(context.Background())
		_, err := Run(ctx, engine, recipe, dir, Options{TensorBoard: first, Progress: func(p Progress) {
			if p.Step == 5 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want an interruption", err)
		}
		if _, err := Run(context.Background(), engine, recipe, dir, Options{TensorBoard: true, Existing: Resume}); err != nil {
			t.Fatal(err)
		}
		if got := tags(t, dir); !reflect.DeepEqual(got, want) {
			t.Errorf("TensorBoard from the start %v: events %v after a resumption, want %v", first, got, want)
		}
	}
}

// λmax measured along training changes nothing but the records.
func TestLambdaAlongTrainingLeavesNoTrace(t *testing.T) {
	engine := goEngine(t)
	with, without := tiny(t, "xsam"), tiny(t, "xsam")
	with.LambdaEvery = 1
	dirWith, _ := mustRun(t, engine, with, Options{})
	dirWithout, _ := mustRun(t, engine, without, Options{})
	a, b := traceOf(t, dirWith), traceOf(t, dirWithout)
	for name, value := range b.variables {
		if string(a.variables[name]) != string(value) && !strings.Contains(name, "metrics") {
			t.Errorf("variable %s differs", name)
		}
	}
	var epochs []string
	for _, r := range a.records {
		if r.Kind == runlog.Curvature {
			epochs = append(epochs, r.Epoch.String())
			if !(r.LambdaMax.Float() > 0) {
				t.Errorf("λmax at epoch %v is %v", r.Epoch, r.LambdaMax)
			}
		}
	}
	if got := strings.Join(epochs, " "); got != "1 2 3" {
		t.Errorf("λmax at epochs %s, want 1 2 3", got)
	}
	if a.summary.LambdaMax != b.summary.LambdaMax {
		t.Errorf("λmax at the end %v and %v", a.summary.LambdaMax, b.summary.LambdaMax)
	}
}

// A run with validation images is evaluated on these, and its record holds nothing of the test images.
func TestValidationTakesThePlaceOfTest(t *testing.T) {
	recipe := tiny(t, "sgd")
	recipe.ValidationSize = 40
	dir, summary := mustRun(t, goEngine(t), recipe, Options{})
	run, err := runlog.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	validated := 0
	for _, r := range run.Records {
		if r.Split == runlog.TestSplit {
			t.Errorf("there is a record of the test images: %+v", r)
		}
		if r.Split == runlog.ValidationSplit {
			validated++
		}
	}
	if validated != 2 || summary.TestAccuracy.Known() || summary.TestLoss.Known() || !summary.ValidationAccuracy.Known() {
		t.Errorf("%d validations, summary %+v, want 2, with a validation accuracy and none on the test images", validated, summary)
	}
}
