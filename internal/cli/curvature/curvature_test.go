package curvature

import (
	"bytes"
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
	"time"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/train"
	"github.com/xsam-go/xsam/measure"
	"github.com/xsam-go/xsam/runlog"
)

var xsam = clitest.Of(New, train.New)

func TestHelp(t *testing.T) { xsam.Help(t, "curvature") }

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"curvature":              "RUN_DIR",
		"curvature a b":          "arg",
		"curvature --frobnicate": "unknown flag",
		"curvature run --measure spectrum,weight":                    "measure \"weight\": want one of spectrum, trace",
		"curvature run --measure trace,trace":                        "twice",
		"curvature run --top 0":                                      "top = 0",
		"curvature run --batch 0":                                    "batch = 0",
		"curvature run --examples -1":                                "examples = -1",
		"curvature run --tolerance NaN":                              "tolerance = NaN",
		"curvature run --norm layer":                                 "norm \"layer\": want one of batch, running",
		"curvature run --operator fisher --method difference":        "want method exact",
		"curvature run --landscape sphere":                           "landscape \"sphere\"",
		"curvature run --grid 1":                                     "grid = 1",
		"curvature run --format xml":                                 "--format",
		"curvature run --model cnn":                                  "--model has no effect on run",
		"curvature --model cnn --checkpoint last":                    "without RUN_DIR",
		"curvature --model cnn --measure landscape --landscape line": "without RUN_DIR",
		"curvature --model vgg":                                      "vgg",
	})
	xsam.Fails(t, exit.Failed, map[string]string{
		"curvature run": "want a folder <out>/<method>-seed<k>",
	})
}

// trained makes a clitest.Tiny() run in the current directory and returns its folder and summary.
func trained(t *testing.T, args ...string) (dir string, summary runlog.Summary) {
	t.Helper()
	all := slices.Concat([]string{"train", "--method", "sgd", "--out", "runs", "--quiet"}, clitest.Tiny(), args)
	xsam.Done(t, all...)
	dir = filepath.Join("runs", "sgd-seed0")
	return dir, clitest.ReadRun(t, dir).Summary
}

// measuredJSON runs xsam curvature on the go engine and returns its measurements.
func measuredJSON(t *testing.T, args ...string) []runlog.Measurement {
	t.Helper()
	stdout, stderr, code := xsam.Run(slices.Concat([]string{"curvature", "--backend", "go", "--quiet", "--format",
		"json"}, args)...)
	if code != exit.Done {
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

	table, stderr, code := xsam.Run("curvature", dir, "--backend", "go", "--checkpoint", "all", "--plots", "pictures",
		"--plot-size", "8x6")
	if code != exit.Done {
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
	along := clitest.ReadRun(t, dir).Records
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
		stdout, stderr, code := xsam.Run("curvature", dir, "--backend", "go", "--format", "csv", "--quiet")
		lines, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
		if code != exit.Done || err != nil || stderr != "" || len(lines) < 10 {
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
	t.Run("what has not converged is no eigenvalue", func(t *testing.T) {
		for _, tt := range []struct {
			top, products string
			code          int
			want, not     string
		}{
			{"5", "14", exit.WrongUsage, "top = 5 in 14 products: want at most a third", ""},
			{"1", "3", exit.Failed, "spectrum: no eigenvalue has converged in 3 products", "residual"},
			{"8", "26", exit.Done, "not converged: λ4 to λ8", "λ4  "},
			{"100000", "300000", exit.Failed, "want at most", "λ"},
		} {
			stdout, stderr, code := xsam.Run("curvature", dir, "--backend", "go", "--quiet", "--measure", "spectrum,angle",
				"--top", tt.top, "--max-products", tt.products)
			if code != tt.code || !strings.Contains(stdout+stderr, tt.want) || tt.not != "" && strings.Contains(stdout, tt.not) {
				t.Errorf("--top %s --max-products %s: exit %d, stdout %q, stderr %q, want %d, %q and no %q", tt.top, tt.products,
					code, stdout, stderr, tt.code, tt.want, tt.not)
			}
		}
	})
	t.Run("the folder of the runs is no run", func(t *testing.T) {
		_, stderr, code := xsam.Run("curvature", "runs")
		if code != exit.Failed || !strings.Contains(stderr, "want one of them, "+dir) {
			t.Errorf("exit %d, stderr %q, want a failure that names %s", code, stderr, dir)
		}
	})
	t.Run("a snapshot that was not kept", func(t *testing.T) {
		_, stderr, code := xsam.Run("curvature", dir, "--checkpoint", "epoch:7")
		if code != exit.WrongUsage || !strings.Contains(stderr, "epoch:1, epoch:2") {
			t.Errorf("exit %d, stderr %q, want those that were", code, stderr)
		}
	})
	clitest.Golden(t, "curvature.txt", blurredCosts(table))
}

// blurredCosts also takes out which numbers are long.
func blurredCosts(text string) string {
	return regexp.MustCompile(` *\n`).ReplaceAllString(strings.ReplaceAll(clitest.Blurred(text), "-#", "#"), "\n")
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
	stdout, _, code := xsam.Run("curvature", "--model", "mlp", "--train-size", "64", "--backend", "go", "--quiet",
		"--measure", "trace")
	if code != exit.Done || !strings.Contains(stdout, "glyphs, mlp, fresh weights, seed 0") || strings.Contains(stdout,
		"records in") {
		t.Errorf("exit %d, stdout %q, want a table, and no record", code, stdout)
	}
}

func TestMeasuring(t *testing.T) {
	p := measure.Progress{Number: 2, Count: 6, Weights: "epoch:5", Measure: "density", Products: 34, Remaining: -1}
	if got, want := measuring(p), "[2/6] epoch:5  density  34 products"; got != want {
		t.Errorf("measuring = %q, want %q", got, want)
	}
	p.Remaining = 65 * time.Second
	if got, want := measuring(p), "[2/6] epoch:5  density  34 products  1 min 05 s left"; got != want {
		t.Errorf("measuring = %q, want %q", got, want)
	}
}
