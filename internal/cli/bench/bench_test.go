package bench

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

var xsam = clitest.Of(New)

func TestHelp(t *testing.T) { xsam.Help(t, "bench") }

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"bench --rounds 0":                  "--rounds 0",
		"bench --warmup 0":                  "--warmup 0",
		"bench --methods sgd,sgd":           "twice",
		"bench --methods adam":              "unknown method",
		"bench --methods sgd --rho 1":       "no effect on sgd",
		"bench --format xml":                "--format",
		"bench --image 28x28":               "--image",
		"bench --image 28x28x0":             "--image",
		"bench --image 28x28x1x":            "--image",
		"bench --classes 1":                 "--classes 1",
		"bench --model vgg":                 "vgg",
		"bench --data faces":                "faces",
		"bench --data csv:iris.csv":         "bench has no --label",
		"bench --data glyphs --image 8x8x1": "--image is about random images",
		"bench --data-dir x":                "no effect on random images",
		"bench --methods xsam:refresh-every=999 --ascent-every 2": "repeats after 1998 steps",
		"bench --epochs 3": "unknown flag",
	})
}

// asCommand makes the test binary be the command, for a command that starts itself anew.
const asCommand = "XSAM_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(xsam.Start(context.Background(), os.Stdout, os.Stderr, os.Args[1:]...))
	}
	os.Exit(m.Run())
}

// tinyBench makes a bench small, on the engine that needs no installation.
var tinyBench = strings.Fields("bench --model mlp --image 4x4x1 --classes 3 --batch 8 --steps 1 --warmup 1 " +
	"--backend go --quiet")

type benchJSON struct {
	Model      string `json:"model"`
	Parameters int    `json:"parameters"`
	Image      []int  `json:"image"`
	Rounds     int    `json:"rounds"`
	Rows       []struct {
		Method              string    `json:"method"`
		StepSeconds         float64   `json:"step_seconds_median"`
		StepSecondsCI       []float64 `json:"step_seconds_ci95"`
		CostVsSGD           float64   `json:"step_cost_vs_sgd"`
		CostVsSGDCI         []float64 `json:"step_cost_vs_sgd_ci95"`
		CostVsSAM           float64   `json:"step_cost_vs_sam"`
		GradientEvaluations float64   `json:"gradient_evaluations"`
		PeakMemory          float64   `json:"peak_memory_bytes"`
	} `json:"rows"`
}

func TestBench(t *testing.T) {
	stdout, stderr, code := xsam.Run(append(tinyBench, "--rounds", "6", "--methods", "sgd,sam,xsam,xsam-lite",
		"--format", "json")...)
	var got benchJSON
	if err := json.Unmarshal([]byte(stdout), &got); code != exit.Done || err != nil || stderr != "" {
		t.Fatalf("exit %d, %v, stderr %q, stdout %s", code, err, stderr, stdout)
	}
	if got.Model != "mlp" || got.Parameters != 19075 || len(got.Image) != 3 || got.Rounds != 6 || len(got.Rows) != 4 {
		t.Errorf("%+v, want an mlp with 19075 parameters, six rounds, four rows", got)
	}
	for i, want := range []struct {
		method    string
		gradients float64
	}{{"sgd", 1}, {"sam", 2}, {"xsam", 2}, {"xsam-lite", 1.2}} {
		row := got.Rows[i]
		if row.Method != want.method || row.GradientEvaluations != want.gradients {
			t.Errorf("row %d: %s with %v gradients, want %s with %v", i, row.Method, row.GradientEvaluations, want.method,
				want.gradients)
		}
		if !(row.StepSeconds > 0) || !(row.CostVsSGD > 0) || !(row.CostVsSAM > 0) || len(row.StepSecondsCI) != 2 ||
			len(row.CostVsSGDCI) != 2 {
			t.Errorf("row %+v: want times and ratios above 0, with intervals", row)
		}
	}
}

func TestBenchTableAndCSV(t *testing.T) {
	table, stderr, code := xsam.Run(append(tinyBench, "--rounds", "2", "--methods", "sgd,xsam-lite")...)
	for _, want := range []string{"mlp with 19075 parameters, random images of 4×4×1, batch 8, float32, base sgd",
		"method     gradients", "xsam-lite  1.2", "xsam-lite: pair", "warning: 2 rounds"} {
		if code != exit.Done || !strings.Contains(table, want) {
			t.Errorf("exit %d, stderr %q, table\n%s\nwant %q in it", code, stderr, table, want)
		}
	}
	text, _, _ := xsam.Run(append(tinyBench, "--rounds", "1", "--methods", "sgd,xsam-lite", "--format", "csv")...)
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(lines) != 3 || lines[2][0] != "xsam-lite" || lines[2][1] != "1.2" ||
		lines[0][1] != "gradient_evaluations" {
		t.Errorf("CSV %q (%v), want a header and a line for each of two methods", text, err)
	}
}

func TestBenchMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("peak memory is read from /proc, which only Linux has")
	}
	t.Setenv(asCommand, "1")
	// --refresh-every is about one of the methods alone.
	stdout, stderr, code := xsam.Run(append(tinyBench, "--rounds", "1", "--methods", "sgd,xsam", "--refresh-every", "2",
		"--memory", "--format", "json")...)
	var got benchJSON
	if err := json.Unmarshal([]byte(stdout), &got); code != exit.Done || err != nil || len(got.Rows) != 2 {
		t.Fatalf("exit %d, %v, stderr %q, stdout %s", code, err, stderr, stdout)
	}
	for _, row := range got.Rows {
		if !(row.PeakMemory > 0) {
			t.Errorf("peak memory of %s is %v bytes, want more than 0", row.Method, row.PeakMemory)
		}
	}
}

// whenWritten calls a function at the first write.
type whenWritten struct {
	bytes.Buffer
	call func()
}

func (w *whenWritten) Write(p []byte) (int, error) {
	w.call()
	return w.Buffer.Write(p)
}

func TestBenchInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	stderr := &whenWritten{call: cancel}
	var stdout bytes.Buffer
	args := strings.Fields("bench --model mlp --image 4x4x1 --batch 8 --backend go --rounds 1000 --methods sgd,sam " +
		"--format json")
	code := xsam.Start(ctx, &stdout, stderr, args...)
	var got benchJSON
	if err := json.Unmarshal(stdout.Bytes(), &got); code != exit.Interrupted || err != nil || len(got.Rows) != 2 {
		t.Errorf("exit %d, %v, stderr %q, stdout %s: want %d and what there is", code, err, stderr.String(),
			stdout.String(), exit.Interrupted)
	}
}
