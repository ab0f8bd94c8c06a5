package experiment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/runlog"
)

// Measuring along training writes records and changes no bit of the weights, nor any other record.
func TestCurvatureAlongTrainingDisturbsNothing(t *testing.T) {
	for _, method := range []string{"sgd", "xsam"} {
		r := testrun.Tiny(t, method)
		plain, _ := testrun.Make(t, Run, testbackend.GoEngine(t), r, Options{})
		dir, summary := testrun.Make(t, Run, testbackend.GoEngine(t), r, Options{CurvatureEvery: 1})
		got, want := traceOf(t, dir), traceOf(t, plain)
		along := slices.Clone(got.records)
		got.records = slices.DeleteFunc(got.records, func(r runlog.Record) bool { return r.Trace.Known() })
		along = slices.DeleteFunc(along, func(r runlog.Record) bool { return !r.Trace.Known() })
		got.summary.CurvatureSeconds, got.summary.CurvatureShare = runlog.Number{}, runlog.Number{}
		compareTraces(t, method+" with curvature along training", got, want)

		if len(along) != 3 {
			t.Fatalf("%s: curvature records %+v, want one an epoch", method, along)
		}
		for i, c := range along {
			if c.Step != int64(4*(i+1)) || !(c.LambdaMax.Float() >= c.Lambda5.Float()) ||
				!(c.LambdaResidual.Float() <= 1e-2) || c.LambdaStop != runlog.StopResidual ||
				!(c.TraceError.Float() > 0) || !(c.AngleDeg.Float() >= 0 && c.AngleDeg.Float() <= 90) || c.Products < 20 ||
				!(c.Seconds.Float() > 0) || !(c.Loss.Float() > 0) {
				t.Errorf("%s: record %+v, want λmax ≥ λ5 converged, a trace with its error, an angle and what it cost", method, c)
			}
		}
		if last := along[2]; !testrun.Near(last.LambdaMax.Float(), summary.LambdaMax.Float(), 1e-3) ||
			math.Abs(last.AngleDeg.Float()-summary.AngleDeg.Float()) > 1 {
			t.Errorf("%s: λmax %v and %v° along training at its end, want those of the summary, %v and %v°", method,
				last.LambdaMax, last.AngleDeg, summary.LambdaMax, summary.AngleDeg)
		}
		var seconds float64
		for _, c := range along {
			seconds += c.Seconds.Float()
		}
		if !testrun.Near(summary.CurvatureSeconds.Float(), seconds, 1e-9) || !testrun.Near(summary.CurvatureShare.Float(),
			seconds/summary.WallSeconds.Float(), 1e-9) {
			t.Errorf("%s: cost %v s, a share of %v, want %v s of %v", method, summary.CurvatureSeconds,
				summary.CurvatureShare, seconds, summary.WallSeconds)
		}
	}
}

// A run that is interrupted while it measures, or after it, has the same records in the same order in the end, to
// the bit.
func TestCurvatureAlongTrainingResumes(t *testing.T) {
	r := testrun.Tiny(t, "xsam")
	r.EvaluateEvery = 1
	o := Options{CurvatureEvery: 1}
	whole, _ := testrun.Make(t, Run, testbackend.GoEngine(t), r, o)
	want := traceOf(t, whole)
	for _, stop := range []struct {
		stage Stage
		step  int
	}{{Measuring, 4}, {Training, 6}, {Measuring, 12}} {
		dir := filepath.Join(t.TempDir(), "run")
		ctx, cancel := context.WithCancel(context.Background())
		interrupted := o
		interrupted.Progress = func(p Progress) {
			if p.Stage == stop.stage && p.Step == stop.step {
				cancel()
			}
		}
		if _, err := Run(ctx, testbackend.GoEngine(t), r, dir, interrupted); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %v: %v, want context.Canceled", stop, err)
		}
		resumed := o
		resumed.Existing = Resume
		if _, err := Run(context.Background(), testbackend.GoEngine(t), r, dir, resumed); err != nil {
			t.Fatalf("stopped at %v: resumed: %v", stop, err)
		}
		compareTraces(t, fmt.Sprintf("stopped at %v", stop), traceOf(t, dir), want)
	}
}

// The loss that the trainer sees is that before a step; the weights after the last step of an epoch may be infinite
// already.
func TestCurvatureOfADivergedRun(t *testing.T) {
	r := testrun.Tiny(t, "sgd")
	r.TrainSize, r.LearningRate = 16, 1e30 // one step an epoch
	var warnings []string
	o := Options{CurvatureEvery: 1, Warn: func(w string) { warnings = append(warnings, w) }}
	_, err := Run(context.Background(), testbackend.GoEngine(t), r, filepath.Join(t.TempDir(), "run"), o)
	if !errors.Is(err, ErrDiverged) || len(warnings) != 2 || !strings.Contains(warnings[0], "not measured") {
		t.Errorf("error %v, warnings %q, want ErrDiverged, and a warning about the curvature before that of the run", err,
			warnings)
	}
}

// λmax measured along training changes nothing but the records.
func TestLambdaAlongTrainingLeavesNoTrace(t *testing.T) {
	engine := testbackend.GoEngine(t)
	with, without := testrun.Tiny(t, "xsam"), testrun.Tiny(t, "xsam")
	with.LambdaEvery = 1
	dirWith, _ := testrun.Make(t, Run, engine, with, Options{})
	dirWithout, _ := testrun.Make(t, Run, engine, without, Options{})
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
