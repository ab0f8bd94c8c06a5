package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// trained makes a tiny run in the current directory and returns its folder and summary.
func trained(t *testing.T, args ...string) (dir string, summary runlog.Summary) {
	t.Helper()
	all := slices.Concat([]string{"train", "--method", "sgd", "--out", "runs", "--quiet"}, tiny, args)
	if _, stderr, code := xsam(t, all...); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	dir = filepath.Join("runs", "sgd-seed0")
	return dir, readRun(t, dir).Summary
}

// readRun reads a run directory that is as it should be.
func readRun(t *testing.T, dir string) *runlog.Run {
	t.Helper()
	run, err := runlog.ReadRun(dir)
	if err != nil || len(run.Problems) > 0 {
		t.Fatalf("%+v, %v", run, err)
	}
	return run
}

// measuredJSON runs xsam curvature on the go engine and returns its measurements.
func measuredJSON(t *testing.T, args ...string) []runlog.Measurement {
	t.Helper()
	stdout, stderr, code := xsam(t, slices.Concat([]string{"curvature", "--backend", "go", "--quiet", "--format",
		"json"}, args)...)
	if code != exitDone {
		t.Fatalf("xsam curvature %v: exit %d: %s", args, code, stderr)
	}
	var got struct{ Measurements []runlog.Measurement }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	return got.Measurements
}

func TestCurvature(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, summary := trained(t, "--keep-every", "1", "--curvature-every", "1")
	records := filepath.Join(dir, runlog.MeasurementsFile)

	table, stderr, code := xsam(t, "curvature", dir, "--backend", "go", "--checkpoint", "all", "--plots", "pictures")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if !strings.Contains(stderr, "[1/9] epoch:1  spectrum") {
		t.Errorf("stderr %q, want progress", stderr)
	}
	before, err := os.ReadFile(records)
	if err != nil {
		t.Fatal(err)
	}
	list := measuredJSON(t, dir)
	after, err := os.ReadFile(records)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("measuring last again writes %d bytes to %s (%v), want that epoch 2, which is the same, is taken",
			len(after)-len(before), records, err)
	}
	// The run stops at a residual of 1e-2, the command at 1e-3: λ is off by about its square, and so is the angle's
	// cosine.
	lambda, angle := list[0].Spectrum.Values[0].Float(), list[2].Angles.AngleDeg[0].Float()
	if math.Abs(lambda-summary.LambdaMax.Float()) > 1e-3*lambda || math.Abs(angle-summary.AngleDeg.Float()) > 1 {
		t.Errorf("λmax %v and angle %v°, want those of the summary, %v and %v°", lambda, angle, summary.LambdaMax,
			summary.AngleDeg)
	}
	along := readRun(t, dir).Records
	at := slices.IndexFunc(along, func(r runlog.Record) bool {
		return r.Kind == runlog.Curvature && r.Step == list[0].Step && r.Trace.Known()
	})
	if at < 0 || math.Abs(along[at].LambdaMax.Float()-lambda) > 1e-3*lambda {
		t.Errorf("along training %+v, want λmax %v at the end", along, lambda)
	}
	for _, name := range []string{"spectrum-step000004.png", "spectrum-step000008.svg", "training.svg"} {
		if _, err := os.Stat(filepath.Join("pictures", name)); err != nil {
			t.Error(err)
		}
	}

	t.Run("csv", func(t *testing.T) {
		stdout, stderr, code := xsam(t, "curvature", dir, "--backend", "go", "--format", "csv", "--quiet")
		lines, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
		if code != exitDone || err != nil || stderr != "" || len(lines) < 10 {
			t.Fatalf("exit %d, %v, stderr %q, CSV %q", code, err, stderr, stdout)
		}
		if first := lines[1]; first[0] != "8" || first[4] != "lambda1" || first[5] != fmt.Sprint(lambda) ||
			first[10] != "true" {
			t.Errorf("first line %q, want λ1 = %v of step 8, converged", first, lambda)
		}
	})
	t.Run("forced", func(t *testing.T) {
		if again := measuredJSON(t, dir, "--measure", "spectrum", "--force"); again[0].Spectrum.Values[0].Float() != lambda {
			t.Errorf("λmax %v, measured again %v, want the same bits on one engine", lambda, again[0].Spectrum.Values[0])
		}
		if now, err := os.ReadFile(records); err != nil || len(now) <= len(before) {
			t.Errorf("--force has written %d bytes (%v), want a new line", len(now)-len(before), err)
		}
	})
	t.Run("too few products are said to be", func(t *testing.T) {
		stdout, _, code := xsam(t, "curvature", dir, "--backend", "go", "--quiet", "--measure", "spectrum",
			"--max-products", "4")
		if code != exitDone || !strings.Contains(stdout, "NOT converged: product limit reached") {
			t.Errorf("exit %d, stdout %q, want that it has not converged", code, stdout)
		}
	})
	t.Run("the folder of the runs is no run", func(t *testing.T) {
		_, stderr, code := xsam(t, "curvature", "runs")
		if code != exitFailed || !strings.Contains(stderr, "want one of them, "+dir) {
			t.Errorf("exit %d, stderr %q, want a failure that names %s", code, stderr, dir)
		}
	})
	t.Run("a snapshot that was not kept", func(t *testing.T) {
		_, stderr, code := xsam(t, "curvature", dir, "--checkpoint", "epoch:7")
		if code != exitUsage || !strings.Contains(stderr, "epoch:1, epoch:2") {
			t.Errorf("exit %d, stderr %q, want those that were", code, stderr)
		}
	})
	t.Chdir(packageDir)
	golden(t, "curvature.txt", blurredCosts(table))
}

// blurredCosts also takes out which numbers are long.
func blurredCosts(text string) string {
	return regexp.MustCompile(` *\n`).ReplaceAllString(strings.ReplaceAll(blurred(text), "-#", "#"), "\n")
}

// Fresh weights are those with which a run of the same seed begins, without a run and with one.
func TestCurvatureOfFreshWeights(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, _ := trained(t)
	loss := []string{"--measure", "spectrum,trace", "--examples", "32", "--batch", "32"}
	of := measuredJSON(t, append(loss, dir, "--checkpoint", "init")...)
	alone := measuredJSON(t, append(loss, "--data", "glyphs", "--model", "mlp", "--train-size", "64")...)
	if of[0].Step != 0 || of[0].Spectrum.Values[0] != alone[0].Spectrum.Values[0] ||
		of[1].Trace.Value != alone[1].Trace.Value {
		t.Errorf("the weights before the run %+v %+v, fresh weights %+v %+v, want the same", of[0].Spectrum, of[1].Trace,
			alone[0].Spectrum, alone[1].Trace)
	}
	other := measuredJSON(t, append(loss, "--model", "mlp", "--train-size", "64", "--weights-seed", "1")...)
	if other[0].Spectrum.Values[0] == alone[0].Spectrum.Values[0] {
		t.Error("another --weights-seed gives the same λmax")
	}
	stdout, _, code := xsam(t, "curvature", "--model", "mlp", "--train-size", "64", "--backend", "go", "--quiet",
		"--measure", "trace")
	if code != exitDone || !strings.Contains(stdout, "glyphs, mlp, fresh weights, seed 0") || strings.Contains(stdout,
		"records in") {
		t.Errorf("exit %d, stdout %q, want a table, and no record", code, stdout)
	}
}

// linesContext is over as soon as a file has so many lines: an interruption at a known place.
type linesContext struct {
	context.Context
	path  string
	lines int
}

func (c linesContext) Err() error {
	if content, err := os.ReadFile(c.path); err == nil && bytes.Count(content, []byte{'\n'}) >= c.lines {
		return context.Canceled
	}
	return nil
}

func TestCurvatureInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, _ := trained(t)
	args := []string{"curvature", dir, "--backend", "go", "--quiet", "--measure", "trace,frobenius,sharpness",
		"--probes", "6"}
	records := filepath.Join(dir, runlog.MeasurementsFile)
	var stdout, stderr bytes.Buffer
	code := exitCode(run(linesContext{context.Background(), records, 1}, args, &stdout, &stderr), &stderr)
	if code != exitInterrupted || stdout.Len() > 0 || !strings.Contains(stderr.String(),
		"1 finished measurements are in "+records) {
		t.Fatalf("exit %d, stdout %q, stderr %q, want 130 and that one measurement is saved", code, stdout.String(),
			stderr.String())
	}
	first, err := os.ReadFile(records)
	if err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := xsam(t, args...); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	all, err := os.ReadFile(records)
	if err != nil || !bytes.HasPrefix(all, first) || bytes.Count(all, []byte{'\n'}) != 3 {
		t.Errorf("records %s (%v), want the first one kept and two more", all, err)
	}
}

func TestCurvatureOfBrokenRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, _ := trained(t)
	tests := []struct {
		name   string
		damage func(t *testing.T) error
		want   string
	}{
		{"a line of curvature.jsonl", func(*testing.T) error {
			return os.WriteFile(filepath.Join(dir, runlog.MeasurementsFile), []byte("{\n{}\n"), 0o644)
		}, "curvature.jsonl: no valid record in line 1"},
		{"no checkpoint", func(*testing.T) error { return os.RemoveAll(runlog.Checkpoints(dir)) }, "no whole checkpoint"},
		{"a recipe of nothing", func(*testing.T) error {
			return os.WriteFile(filepath.Join(dir, runlog.ConfigFile), []byte("{}"), 0o644)
		}, "names no method: want the config.json of a run"},
		{"a torn config.json", func(*testing.T) error {
			return os.WriteFile(filepath.Join(dir, runlog.ConfigFile), []byte(`{"method":`), 0o644)
		}, "is no valid recipe"},
	}
	for _, tt := range tests {
		if err := tt.damage(t); err != nil {
			t.Fatal(err)
		}
		_, stderr, code := xsam(t, "curvature", dir, "--backend", "go", "--quiet")
		if code != exitFailed || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: exit %d, stderr %q, want a failure with %q", tt.name, code, stderr, tt.want)
		}
		if err := os.Remove(filepath.Join(dir, runlog.MeasurementsFile)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

// A run directory of a version that did not know of --curvature-every is measured like any other, and the table of
// train and compare states the cost of measuring along training.
func TestCurvatureEvery(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append(strings.Fields("compare --methods sgd,sam --seeds 2 --out runs --quiet --curvature-every 2"), tiny...)
	stdout, stderr, code := xsam(t, args...)
	if code != exitDone ||
		!regexp.MustCompile(`(?m)^curvature measured along training in [0-9.]+ s, [0-9]+ % of the time$`).MatchString(stdout) {
		t.Errorf("exit %d, stderr %q, stdout %q, want the cost of the measurements", code, stderr, stdout)
	}
	stdout, _, code = xsam(t,
		append(strings.Fields("train --method sgd --out runs --quiet --force --curvature-every 1"), tiny...)...)
	if code != exitDone || !strings.Contains(stdout, "curvature   measured along training in ") {
		t.Errorf("exit %d, stdout %q, want the cost of the measurements", code, stdout)
	}
	summary := readRun(t, "runs/sgd-seed0").Summary
	if share := summary.CurvatureShare.Float(); !(share > 0 && share < 1) {
		t.Errorf("summary %+v, want the share of the time", summary)
	}
}

// The quantities of every kind of measurement, from records made by hand.
func TestQuantities(t *testing.T) {
	num := func(values ...float64) (list []runlog.Number) {
		for _, v := range values {
			list = append(list, runlog.Num(v))
		}
		return list
	}
	one := runlog.Num(1)
	tests := []struct {
		m    runlog.Measurement
		want string
	}{
		{runlog.Measurement{Operator: "hessian", LearningRate: runlog.Num(0.1), Momentum: runlog.Num(0.9),
			Spectrum: &runlog.Spectrum{Values: num(4, 2), Residuals: num(1e-3, 1e-4)}},
			"lambda1=4 lambda2=2 lambda1_over_lambda2=2 edge=20 edge_momentum=38"},
		{runlog.Measurement{Operator: "adam", LearningRate: runlog.Num(1), Spectrum: &runlog.Spectrum{Values: num(4),
			Residuals: num(0)}}, "lambda1=4 edge_adam=38"},
		{runlog.Measurement{Operator: "fisher", LearningRate: runlog.Num(1), Momentum: runlog.Num(0),
			Spectrum: &runlog.Spectrum{Values: num(4), Residuals: num(0)}}, "lambda1=4"},
		{runlog.Measurement{Trace: &runlog.Estimate{Value: one, StandardError: runlog.Num(0.5)}}, "trace=1"},
		{runlog.Measurement{Frobenius: &runlog.Estimate{Value: one}}, "frobenius=1"},
		{runlog.Measurement{Density: &runlog.Density{Nodes: [][]float64{{-1, -1e-6, 3}}, Weights: [][]float64{{0.25, 0.25,
			0.5}}}},
			"density_smallest=-1 density_largest=3 density_negative_percent=25"},
		{runlog.Measurement{Angles: &runlog.Angles{GradNorm: one, AngleDeg: num(60), AbsCos: num(0.5),
			Span: runlog.Num(0.5)}}, "grad_norm=1 angle1_deg=60 span=0.5"},
		{runlog.Measurement{Sharpness: []runlog.BallSharpness{{Ball: "sam", Rho: 0.05, Steps: 5, Rise: one}}},
			"rise_sam_5=1"},
		{runlog.Measurement{Layers: []runlog.LayerBlock{{Layer: "conv1", LambdaMax: one, Residual: runlog.Num(1e-3)}}},
			"lambda_max conv1=1"},
		{runlog.Measurement{Landscape: &runlog.Landscape{X: []float64{0, 1}, Y: []float64{0}, Loss: [][]runlog.Number{{one,
			{}}}}}, "landscape_lowest=1 landscape_highest=1"},
	}
	for _, tt := range tests {
		var got []string
		for _, q := range quantities(tt.m) {
			got = append(got, fmt.Sprintf("%s=%.12g", q.key, q.value))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("quantities %q, want %q", got, tt.want)
		}
	}
}

// The edges along training follow the learning rate of the recipe.
func TestEdges(t *testing.T) {
	r := recipe.Defaults("glyphs")
	r.Schedule, r.LearningRate, r.Epochs, r.Momentum = "step", 0.1, 4, 0
	along := []runlog.Record{{Step: 10, Epoch: runlog.Num(1)}, {Step: 40,
		Epoch: runlog.Num(4)}} // 40 steps: a tenth from 20, again from 30
	curves := edges(measuredRun{recipe: r}, nil, along)
	if len(curves) != 1 || curves[0].Name != "2/η" || math.Abs(curves[0].Values[0]-20) > 1e-9 ||
		math.Abs(curves[0].Values[1]-2000) > 1e-6 {
		t.Errorf("edges %+v, want 2/η = 20 and 2000", curves)
	}
	r.Optimizer = "adam"
	if curves := edges(measuredRun{recipe: r}, nil, along); len(curves) != 0 {
		t.Errorf("edges of adam against the Hessian %+v, want none", curves)
	}
}
