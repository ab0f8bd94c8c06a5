package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// trace is what must not depend on interruptions: the records without times, and every variable of the last checkpoint.
type trace struct {
	records   []runlog.Record
	summary   runlog.Summary
	variables map[string][]byte
}

func traceOf(t *testing.T, dir string) trace {
	t.Helper()
	run, err := runlog.ReadRun(dir)
	if err != nil || !run.Summary.Finished {
		t.Fatalf("ReadRun(%s) = %+v, %v", dir, run, err)
	}
	tr := trace{records: run.Records, summary: run.Summary, variables: map[string][]byte{}}
	for i := range tr.records {
		tr.records[i].StepSeconds = runlog.Number{}
	}
	tr.summary.StepSecondsMedian, tr.summary.WallSeconds = runlog.Number{}, runlog.Number{}

	indexes, err := filepath.Glob(filepath.Join(runlog.Checkpoints(dir), "*.json"))
	if err != nil || len(indexes) == 0 {
		t.Fatalf("no checkpoints in %s (%v)", dir, err)
	}
	newest := slices.Max(indexes)
	text, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	var index struct {
		Variables []struct {
			ParameterName string
			Pos, Length   int
		}
	}
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(strings.TrimSuffix(newest, ".json") + ".bin")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range index.Variables {
		tr.variables[v.ParameterName] = data[v.Pos : v.Pos+v.Length]
	}
	return tr
}

// compareTraces reports where two runs differ.
func compareTraces(t *testing.T, what string, got, want trace) {
	t.Helper()
	for _, tr := range []*trace{&got, &want} { // times
		tr.records = slices.Clone(tr.records)
		for i := range tr.records {
			tr.records[i].Seconds = runlog.Number{}
		}
		tr.summary.CurvatureSeconds, tr.summary.CurvatureShare = runlog.Number{}, runlog.Number{}
	}
	if !reflect.DeepEqual(got.records, want.records) {
		t.Errorf("%s: records\n%+v\nwant\n%+v", what, got.records, want.records)
	}
	if got.summary != want.summary {
		t.Errorf("%s: summary\n%+v\nwant\n%+v", what, got.summary, want.summary)
	}
	for name, value := range want.variables {
		if !slices.Equal(got.variables[name], value) {
			t.Errorf("%s: variable %s differs", what, name)
		}
	}
	if len(got.variables) != len(want.variables) || len(want.variables) < 9 {
		t.Errorf("%s: %d variables, want %d, at least six of the model or four and their momentum", what, len(got.variables),
			len(want.variables))
	}
}

// On one machine the same recipe gives the same bits, however the run was interrupted.
func TestInterruptedAndResumedRunsAreTheSameBitForBit(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		engine := &backend.Engine{Backend: b, Name: b.Name()}
		methods := []string{"sgd", "sam", "xsam", "xsam-lite", "xsam-paper"}
		stops := []int{1, 4, 7, 12} // in an epoch, at its end, and after the last step
		if b.Name() != "go" {
			methods, stops = []string{"xsam"}, []int{7} // each run is compiled
		}
		for _, method := range methods {
			r := testrun.Tiny(t, method)
			dir, _ := testrun.Make(t, Run, engine, r, Options{})
			want := traceOf(t, dir)
			for _, after := range stops {
				what := fmt.Sprintf("%s stopped after step %d", method, after)
				dir := filepath.Join(t.TempDir(), "run")
				ctx, cancel := context.WithCancel(context.Background())
				_, err := Run(ctx, engine, r, dir, Options{Progress: func(p Progress) {
					if p.Stage == Training && p.Step == after {
						cancel()
					}
				}})
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("%s: error %v, want context.Canceled", what, err)
				}
				run, err := runlog.ReadRun(dir)
				if err != nil {
					t.Fatal(err)
				}
				unfinished := run.Summary
				if unfinished.Finished || unfinished.Steps != int64(after) || !strings.Contains(unfinished.Stopped, "interrupted") {
					t.Fatalf("%s: summary %+v, want one that is not finished", what, unfinished)
				}
				if _, err := Run(context.Background(), engine, r, dir, Options{Existing: Resume}); err != nil {
					t.Fatalf("%s: resumed: %v", what, err)
				}
				compareTraces(t, what, traceOf(t, dir), want)
			}
		}
	})
}

// A killed run leaves its last periodic checkpoint, and records from after it.
func TestKilledAndResumedRunIsTheSameBitForBit(t *testing.T) {
	engine := testbackend.GoEngine(t)
	r := testrun.Tiny(t, "xsam")
	dir, _ := testrun.Make(t, Run, engine, r, Options{})
	killed := filepath.Join(t.TempDir(), "run")
	dir2 := filepath.Join(t.TempDir(), "run")
	if _, err := Run(context.Background(), engine, r, dir2, Options{CheckpointEvery: time.Nanosecond,
		Progress: func(p Progress) {
			if p.Stage == Evaluating && p.Step == 8 { // the checkpoint is that of step 7, the record that of step 8
				if err := os.CopyFS(killed, os.DirFS(dir2)); err != nil {
					t.Error(err)
				}
			}
		}}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(killed, runlog.ClaimFile)); err != nil { // of this process, which lives
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(killed, runlog.MetricsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"kind":"ev`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var warnings []string
	if _, err := Run(context.Background(), engine, r, killed, Options{Existing: Resume,
		Warn: func(w string) { warnings = append(warnings, w) }}); err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "cut off") {
		t.Errorf("warnings %q, want one about the torn line", warnings)
	}
	compareTraces(t, "killed", traceOf(t, killed), traceOf(t, dir))
}

// A run may be killed between its last record and its summary.
func TestRunWithoutSummaryIsMeasuredAgain(t *testing.T) {
	engine := testbackend.GoEngine(t)
	r := testrun.Tiny(t, "sgd")
	dir, _ := testrun.Make(t, Run, engine, r, Options{})
	want := traceOf(t, dir)
	if err := os.Remove(filepath.Join(dir, runlog.SummaryFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), engine, r, dir, Options{Existing: Resume}); err != nil {
		t.Fatal(err)
	}
	compareTraces(t, "measured again", traceOf(t, dir), want)
}

func TestExistingRuns(t *testing.T) {
	engine := testbackend.GoEngine(t)
	r := testrun.Tiny(t, "sgd")
	dir, first := testrun.Make(t, Run, engine, r, Options{})
	again := func(r recipe.Recipe, existing Existing) (runlog.Summary, error) {
		return Run(context.Background(), engine, r, dir, Options{Existing: existing})
	}
	if _, err := again(r, Refuse); !errors.Is(err, ErrExists) {
		t.Errorf("a second run in the same folder: %v, want ErrExists", err)
	}
	if s, err := again(r, Resume); err != nil || s != first {
		t.Errorf("resuming a finished run gives %+v, %v, want its summary as it was", s, err)
	}
	other := r
	other.Epochs = 1
	if _, err := again(other, Resume); err == nil || !strings.Contains(err.Error(), "epochs 3, now 1") {
		t.Errorf("resuming with another recipe: %v, want an error that names epochs", err)
	}
	summary := filepath.Join(dir, runlog.SummaryFile)
	if err := os.WriteFile(summary, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := again(r, Resume); err != nil || !s.Finished || s.TestLoss != first.TestLoss {
		t.Errorf("resuming a run with a broken summary: %+v, %v, want it finished as before", s, err)
	}
	if text, err := os.ReadFile(summary + ".damaged"); err != nil || string(text) != "{" {
		t.Errorf("the broken summary is %q (%v), want it kept", text, err)
	}
	if err := runlog.AppendMeasurement(dir, runlog.Measurement{Measure: runlog.MeasureTrace}); err != nil {
		t.Fatal(err)
	}
	s, err := again(other, Overwrite)
	if old, _, readErr := runlog.ReadMeasurements(dir); readErr != nil || len(old) > 0 {
		t.Errorf("overwriting leaves measurements %+v, %v, want none of the old run", old, readErr)
	}
	if err != nil || s.Steps != 4 {
		t.Errorf("overwriting with one epoch: %+v, %v, want 4 steps", s, err)
	}
	if run, err := runlog.ReadRun(dir); err != nil || run.Records[len(run.Records)-1].Step != 4 {
		t.Errorf("after overwriting the run is %+v, %v, want no records of the old one", run, err)
	}
}
