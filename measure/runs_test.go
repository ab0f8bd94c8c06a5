package measure

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// together makes a run of each method in one folder, and returns its recipe and directory by its method.
func together(t *testing.T, methods ...string) (map[string]recipe.Recipe, map[string]string) {
	t.Helper()
	out, recipes, dirs := t.TempDir(), map[string]recipe.Recipe{}, map[string]string{}
	for _, method := range methods {
		r := testrun.Tiny(t, method)
		r.DType = "float64"
		dir := filepath.Join(out, runlog.Name(method, r.Seed))
		if _, err := experiment.Run(context.Background(), testbackend.GoEngine(t), r, dir, experiment.Options{}); err != nil {
			t.Fatal(err)
		}
		recipes[method], dirs[method] = r, dir
	}
	return recipes, dirs
}

// The plane of three runs has the loss of each at its place, and that of two goes through the weights of their start.
func TestPlaneThroughRuns(t *testing.T) {
	testbackend.SkipSlow(t)
	recipes, dirs := together(t, "sgd", "sam", "xsam")
	ctx, r := context.Background(), recipes["xsam"]
	want := map[string]float64{}
	for method, dir := range dirs {
		m := DefaultOptions(r)
		m.Measures = []string{"trace"}
		want[method] = measured(t, recipes[method], dir, "last", m)[0].Loss.Float()
		want["init"] = measured(t, recipes[method], dir, "init", m)[0].Loss.Float()
	}
	beside, err := Beside(dirs["xsam"])
	if err != nil || len(beside) != 2 {
		t.Fatalf("beside xsam are %v, %v, want sam and sgd", beside, err)
	}
	t.Chdir(dirs["xsam"])
	if here, err := Beside("."); err != nil || len(here) != 2 || here[0] != filepath.Join("..", filepath.Base(beside[0])) {
		t.Errorf("beside . are %v, %v, want the same two", here, err)
	}
	for _, others := range [][]string{beside, {dirs["sam"]}} {
		m := DefaultOptions(r)
		m.Measures, m.Landscape, m.Runs, m.Grid = []string{"landscape"}, "runs", others, 4
		l := measured(t, r, dirs["xsam"], "last", m)[0].Landscape
		if len(l.Runs) != 3 || l.Runs[2] != (runlog.Place{Name: "xsam"}) || len(l.Loss) != 4 {
			t.Fatalf("landscape %+v, want 4 × 4 losses and three places, xsam at 0, 0", l)
		}
		data, err := datasets.Load(r.Data, r.DataOptions())
		if err != nil {
			t.Fatal(err)
		}
		p, err := program.New(testbackend.GoEngine(t), r, data, 1)
		if err != nil {
			t.Fatal(err)
		}
		w := &measurer{Program: p, recipe: r, dir: dirs["xsam"], m: m}
		w.m.Warn = func(text string) { t.Error(text) }
		states, err := FindWeights(w.dir, "last")
		if err != nil {
			t.Fatal(err)
		}
		saved, err := runlog.ReadRun(w.dir)
		if err != nil {
			t.Fatal(err)
		}
		if w.run, err = recipe.IdentityOf(saved.Raw); err != nil {
			t.Fatal(err)
		}
		if err := w.enter(states[0]); err != nil {
			t.Fatal(err)
		}
		if err := w.prepare(ctx); err != nil {
			t.Fatal(err)
		}
		plane, err := w.throughRuns(0.25)
		if err != nil {
			t.Fatal(err)
		}
		for _, place := range plane.runs {
			got, err := w.examples.Problem.Plane(ctx, plane.d, plane.e, place.At[:1], place.At[1:])
			if loss := got[0][0]; err != nil || !(math.Abs(loss-want[place.Name]) < 1e-9) { // float64
				t.Errorf("the loss at the place of %s is %v (%v), want %v", place.Name, loss, err, want[place.Name])
			}
		}
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}
}

// A plane through runs wants runs of one recipe, of which one that has not ended is left out.
func TestPlaneThroughRunsRefuses(t *testing.T) {
	recipes, dirs := together(t, "sgd", "sam")
	run := func(norm string) ([]string, error) {
		var warnings []string
		m := DefaultOptions(recipes["sam"])
		m.Measures, m.Landscape, m.Runs, m.Grid, m.Norm = []string{"landscape"}, "runs", []string{dirs["sgd"]}, 2, norm
		m.Warn = func(text string) { warnings = append(warnings, text) }
		states, err := FindWeights(dirs["sam"], "last")
		if err == nil {
			_, err = Run(context.Background(), testbackend.GoEngine(t), recipes["sam"], dirs["sam"], states, m)
		}
		return warnings, err
	}
	if _, err := run("running"); err == nil || !strings.Contains(err.Error(), "want norm batch") {
		t.Errorf("with running averages: %v", err)
	}
	if err := os.Remove(filepath.Join(dirs["sgd"], runlog.SummaryFile)); err != nil {
		t.Fatal(err)
	}
	if warnings, err := run("batch"); err == nil || !strings.Contains(err.Error(), "no finished run of the same seed") ||
		len(warnings) != 1 || !strings.Contains(warnings[0], "is not finished") {
		t.Errorf("with an unfinished run: %v, %v", warnings, err)
	}
	other := recipes["sgd"]
	other.Epochs = 1
	if _, err := experiment.Run(context.Background(), testbackend.GoEngine(t), other, dirs["sgd"],
		experiment.Options{Existing: experiment.Overwrite}); err != nil {
		t.Fatal(err)
	}
	if _, err := run("batch"); err == nil || !strings.Contains(err.Error(), "another recipe (epochs 3, now 1)") {
		t.Errorf("with another recipe: %v", err)
	}
}

// A plane through runs is measured anew where one of them is another run than when it was recorded.
func TestPlaneThroughRunsThatWereMadeAnew(t *testing.T) {
	testbackend.SkipSlow(t)
	recipes, dirs := together(t, "sgd", "sam")
	plane := func() *runlog.Landscape {
		m := DefaultOptions(recipes["sgd"])
		m.Measures, m.Landscape, m.Runs, m.Grid = []string{"landscape"}, "runs", []string{dirs["sam"]}, 3
		return measured(t, recipes["sgd"], dirs["sgd"], "last", m)[0].Landscape
	}
	first, again := plane(), plane()
	if !reflect.DeepEqual(first, again) {
		t.Errorf("the same runs: %+v, then %+v", first, again)
	}
	if err := os.RemoveAll(dirs["sam"]); err != nil {
		t.Fatal(err)
	}
	other := recipes["sam"]
	other.Rho = 0.4
	if _, err := experiment.Run(context.Background(), testbackend.GoEngine(t), other, dirs["sam"],
		experiment.Options{}); err != nil {
		t.Fatal(err)
	}
	if third := plane(); reflect.DeepEqual(first.Loss, third.Loss) {
		t.Errorf("losses %v, of another run beside it too", third.Loss)
	}
}

// Adam's steps are those that it has counted, of which some may have been undone.
func TestAdamsOwnSteps(t *testing.T) {
	store := model.NewStore()
	w := &measurer{Program: &program.Program{Store: store}, step: 16}
	if got := w.adamSteps(); got != 16 {
		t.Errorf("%v steps without a counter, want 16", got)
	}
	store.VariableWithValue("/"+optimizer.AdamDefaultScope+"/step", int64(10))
	if got := w.adamSteps(); got != 10 {
		t.Errorf("%v steps, want 10", got)
	}
}
