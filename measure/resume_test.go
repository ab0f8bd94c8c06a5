package measure

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/runlog"
)

// A second call takes what is recorded, whatever it was interrupted in, and gives the same numbers.
func TestMeasureIsInterruptedAndGoesOn(t *testing.T) {
	r := testrun.Tiny(t, "sgd")
	dir, _ := testrun.Make(t, experiment.Run, testbackend.GoEngine(t), r, experiment.Options{KeepEvery: 1})
	m := DefaultOptions(r)
	m.Measures = []string{"trace", "density", "landscape"}
	m.DensityProbes, m.DensitySteps, m.Landscape, m.Grid, m.Probes = 3, 6, "filter", 4, 6
	whole := filepath.Join(t.TempDir(), "whole")
	if err := os.CopyFS(whole, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	want := measured(t, r, whole, "epoch:2", m)

	states, err := FindWeights(dir, "epoch:2")
	if err != nil {
		t.Fatal(err)
	}
	events, calls := 0, 0
	for _, stop := range []struct {
		measure  string
		products int
		recorded int
	}{{"trace", 3, 0}, {"density", 8, 2}, {"landscape", -2, 4}} { // −2: after two rows
		ctx, cancel := context.WithCancel(context.Background())
		rows := 0
		m.Progress = func(p Progress) {
			events++
			if p.Measure == "landscape" && p.Share > 0 {
				rows++
			}
			if p.Measure == stop.measure && (stop.products > 0 && p.Products == stop.products || stop.products < 0 &&
				rows == 3) {
				cancel()
			}
		}
		_, err := Run(ctx, testbackend.GoEngine(t), r, dir, states, m)
		cancel()
		if calls++; !errors.Is(err, context.Canceled) {
			t.Fatalf("call %d: %v, want context.Canceled", calls, err)
		}
		recorded, _, err := runlog.ReadMeasurements(dir)
		if err != nil || len(recorded) != stop.recorded {
			t.Fatalf("call %d leaves %d records (%v): %+v, want %d", calls, len(recorded), err, recorded, stop.recorded)
		}
	}
	recorded, _, err := runlog.ReadMeasurements(dir)
	if err != nil {
		t.Fatal(err)
	}
	if part := recorded[1]; part.Reason != runlog.ReasonInterrupted || part.Converged || len(part.Density.Nodes) != 1 ||
		part.Products != 8 {
		t.Errorf("the interrupted density is %+v, want one probe of 8 products, not converged", part)
	}
	if part := recorded[3]; part.Reason != runlog.ReasonInterrupted || len(part.Landscape.Loss) != 2 {
		t.Errorf("the interrupted landscape is %+v, want two rows", part)
	}
	m.Progress = nil
	got := measured(t, r, dir, "epoch:2", m)
	if got[1].Products != 8+12 {
		t.Errorf("the density took %d products, want the 8 before the interruption and 12 after", got[1].Products)
	}
	for i := range got {
		got[i].Seconds, want[i].Seconds = runlog.Number{}, runlog.Number{}
		got[i].Products, want[i].Products = 0, 0
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("interrupted and resumed: %+v\nwant %+v", got[i], want[i])
		}
	}

	events = 0
	m.Progress = func(Progress) { events++ }
	measured(t, r, dir, "epoch:2", m)
	if events != 0 {
		t.Errorf("%d events of progress when all is recorded, want none", events)
	}
	m.Again = true
	if measured(t, r, dir, "epoch:2", m); events == 0 {
		t.Error("Again measures nothing")
	}
}

// While one process measures in a run directory no other does, nor overwrites the run; and it goes on beside training.
func TestTwoMeasurementsInOneDirectory(t *testing.T) {
	r := testrun.Tiny(t, "sgd")
	dir, _ := testrun.Make(t, experiment.Run, testbackend.GoEngine(t), r, experiment.Options{})
	states, err := FindWeights(dir, "last")
	if err != nil {
		t.Fatal(err)
	}
	m := DefaultOptions(r)
	m.Measures, m.Probes = []string{"trace"}, 6
	again := m
	var measured, overwritten, trained error
	m.Progress = func(p Progress) {
		if p.Products != 3 || measured != nil {
			return
		}
		_, measured = Run(context.Background(), testbackend.GoEngine(t), r, dir, states, again)
		o := experiment.Options{Existing: experiment.Overwrite}
		_, overwritten = experiment.Run(context.Background(), testbackend.GoEngine(t), r, dir, o)
		o.Existing = experiment.Resume
		_, trained = experiment.Run(context.Background(), testbackend.GoEngine(t), r, dir, o)
	}
	if _, err := Run(context.Background(), testbackend.GoEngine(t), r, dir, states, m); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(measured, runlog.ErrClaimed) || !errors.Is(overwritten, runlog.ErrClaimed) || trained != nil {
		t.Errorf("measuring: %v, overwriting: %v, resuming: %v, want ErrClaimed twice, and none", measured, overwritten,
			trained)
	}
	if recorded, _, err := runlog.ReadMeasurements(dir); err != nil || len(recorded) != 1 {
		t.Errorf("recorded %+v (%v), want one measurement", recorded, err)
	}
}

// What was measured and cannot be recorded is returned with the error.
func TestMeasurementThatCannotBeSaved(t *testing.T) {
	r := testrun.Tiny(t, "sgd")
	dir, _ := testrun.Make(t, experiment.Run, testbackend.GoEngine(t), r, experiment.Options{})
	m := DefaultOptions(r)
	m.Measures = []string{"trace"}
	m.Progress = func(p Progress) {
		if p.Products == 1 { // in the place of the records a folder, as good as a full disk
			if err := os.Mkdir(filepath.Join(dir, runlog.MeasurementsFile), 0o755); err != nil {
				t.Error(err)
			}
		}
	}
	states, err := FindWeights(dir, "last")
	if err != nil {
		t.Fatal(err)
	}
	done, err := Run(context.Background(), testbackend.GoEngine(t), r, dir, states, m)
	if err == nil || !strings.Contains(err.Error(), runlog.MeasurementsFile) || len(done) != 1 ||
		!done[0].Trace.Value.Known() {
		t.Errorf("error %v and measurements %+v, want one that names the file, and the trace", err, done)
	}
}
