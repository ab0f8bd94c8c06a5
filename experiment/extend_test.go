package experiment

import (
	"context"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// A finished run that is given more epochs, twice, ends with the bits of one that had them from the start, where the
// learning rate is constant. Where it falls, more epochs are refused, and so are fewer.
func TestMoreEpochs(t *testing.T) {
	engine := testbackend.GoEngine(t)
	r := testrun.Tiny(t, "xsam")
	r.Schedule, r.EvaluateEvery = "constant", 1
	dir, _ := testrun.Make(t, Run, engine, r, Options{})
	for _, epochs := range []int{4, 5} {
		r.Epochs = epochs
		s, err := Run(context.Background(), engine, r, dir, Options{Existing: Resume})
		if err != nil || s.Epochs.Float() != float64(epochs) {
			t.Fatalf("%v epochs, %v, want %d", s.Epochs, err, epochs)
		}
		run, err := runlog.ReadRun(dir)
		if err != nil || run.Setup.Epochs != epochs {
			t.Fatalf("the record says %d epochs, %v, want %d", run.Setup.Epochs, err, epochs)
		}
	}
	whole, _ := testrun.Make(t, Run, engine, r, Options{})
	got, want := traceOf(t, dir), traceOf(t, whole)
	var records []runlog.Record // but for λmax at the ends that were
	for _, record := range got.records {
		if record.Kind != runlog.Curvature || record.Epoch.Float() == 5 {
			records = append(records, record)
		}
	}
	got.records = records
	compareTraces(t, "with more epochs", got, want)

	run, err := runlog.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if saved, err := recipe.Read(run); err != nil || len(recipe.Differences(saved.Recipe, r)) > 0 {
		t.Errorf("the record is of %+v, %v, want the longer recipe", saved.Recipe, err)
	}
	r.Epochs = 3
	if _, err := Run(context.Background(), engine, r, dir, Options{Existing: Resume}); err == nil {
		t.Error("fewer epochs: no error")
	}
	cosine := testrun.Tiny(t, "sgd")
	dir, _ = testrun.Make(t, Run, engine, cosine, Options{})
	cosine.Epochs = 5
	if _, err := Run(context.Background(), engine, cosine, dir, Options{Existing: Resume}); err == nil ||
		!strings.Contains(err.Error(), "--schedule constant") {
		t.Errorf("a schedule that has ended: %v, want what to do", err)
	}
}
