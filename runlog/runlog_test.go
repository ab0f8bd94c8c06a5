package runlog

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestNumber(t *testing.T) {
	type holder struct {
		X Number `json:"x,omitzero"`
	}
	tests := []struct {
		name string
		x    Number
		want string
	}{
		{"the zero value is missing, hence absent", Number{}, `{}`},
		{"a measured 0 is written", Num(0), `{"x":0}`},
		{"a number is written", Num(0.25), `{"x":0.25}`},
		{"NaN is missing", Num(math.NaN()), `{}`},
		{"+Inf is missing", Num(math.Inf(1)), `{}`},
		{"−Inf is missing", Num(math.Inf(-1)), `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(holder{tt.x})
			if err != nil || string(text) != tt.want {
				t.Fatalf("Marshal(%v) = %s, %v, want %s", tt.x, text, err, tt.want)
			}
			var back holder
			if err := json.Unmarshal(text, &back); err != nil || back.X != tt.x {
				t.Errorf("Unmarshal(%s) = %v, %v, want %v", text, back.X, err, tt.x)
			}
		})
	}
	t.Run("null is missing, also over an older value", func(t *testing.T) {
		h := holder{Num(3)}
		if err := json.Unmarshal([]byte(`{"x":null}`), &h); err != nil || h.X.Known() {
			t.Errorf(`Unmarshal({"x":null}) = %v, %v, want a missing number`, h.X, err)
		}
	})
	t.Run("a missing number computes as NaN", func(t *testing.T) {
		if x := (Number{}).Float(); !math.IsNaN(x) {
			t.Errorf("Float() of a missing number = %v, want NaN", x)
		}
	})
	t.Run("text is not a number", func(t *testing.T) {
		if err := json.Unmarshal([]byte(`{"x":"3"}`), new(holder)); err == nil {
			t.Error(`Unmarshal({"x":"3"}) succeeded, want an error`)
		}
	})
}

// The keys of the two files are their interface to every other tool.
func TestKeys(t *testing.T) {
	one := Num(1)
	tests := []struct {
		name string
		v    any
		want []string
	}{
		{"record", Record{Kind: Train, Step: 1, Epoch: one, Loss: one, Accuracy: one, LambdaMax: one, LambdaResidual: one, AngleDeg: one,
			AbsCos: one, GradNorm: one, StepSeconds: one, GradientEvaluations: one},
			[]string{"kind", "step", "epoch", "loss", "accuracy", "lambda_max", "lambda_residual", "angle_deg", "abs_cos", "grad_norm",
				"step_seconds", "gradient_evaluations"}},
		{"record of the curvature along training", Record{Kind: Curvature, LambdaMax: one, LambdaResidual: one, Lambda5: one, Lambda5Residual: one,
			Trace: one, TraceError: one, LambdaStop: StopResidual, Products: 1, Seconds: one},
			[]string{"kind", "step", "lambda_max", "lambda_residual", "lambda5", "lambda5_residual", "trace", "trace_error", "lambda_stop",
				"products", "seconds"}},
		{"summary", Summary{Parameters: 1, Epochs: one, TrainLoss: one, TrainAccuracy: one, TestLoss: one, TestAccuracy: one, LambdaMax: one,
			LambdaResidual: one, AngleDeg: one, StepSecondsMedian: one, GradientEvaluationsPerStep: one, WallSeconds: one},
			[]string{"method", "seed", "data", "model", "backend", "parameters", "epochs", "steps", "train_loss", "train_accuracy", "test_loss",
				"test_accuracy", "lambda_max", "lambda_residual", "angle_deg", "step_seconds_median", "gradient_evaluations_per_step",
				"wall_seconds", "finished", "version"}},
		{"summary with curvature along training", Summary{CurvatureSeconds: one, CurvatureShare: one},
			[]string{"method", "seed", "data", "model", "backend", "steps", "finished", "version", "curvature_seconds", "curvature_share"}},
		{"summary of a run that knows nothing", Summary{}, []string{"method", "seed", "data", "model", "backend", "steps", "finished", "version"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(tt.v)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			for _, key := range tt.want {
				if _, ok := got[key]; !ok {
					t.Errorf("%s has no key %q", text, key)
				}
			}
			if len(got) != len(tt.want) {
				t.Errorf("%s has %d keys, want the %d of %v", text, len(got), len(tt.want), tt.want)
			}
		})
	}
}

func TestName(t *testing.T) {
	for _, tt := range []struct{ method, want string }{
		{"xsam-lite", "xsam-lite-seed3"},
		{"sam:rho=0.1", "sam_rho=0.1-seed3"},
		{`a/b\c`, "a_b_c-seed3"},
	} {
		if got := Name(tt.method, 3); got != tt.want {
			t.Errorf("Name(%q, 3) = %q, want %q", tt.method, got, tt.want)
		}
	}
}

// writeRun writes a run of three records at steps 10, 20 and 30 and returns its directory.
func writeRun(t *testing.T) (dir string, records []Record) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "sam-seed0")
	if err := WriteConfig(dir, map[string]any{"method": "sam"}); err != nil {
		t.Fatal(err)
	}
	m, warnings, err := OpenMetrics(dir, through(-1))
	if err != nil || len(warnings) > 0 {
		t.Fatalf("OpenMetrics of a new run: warnings %q, error %v", warnings, err)
	}
	records = []Record{
		{Kind: Train, Step: 10, Loss: Num(2.5), LambdaMax: Num(math.NaN())},
		{Kind: Eval, Step: 20, Split: TestSplit, Loss: Num(1.25), Accuracy: Num(0)},
		{Kind: Curvature, Step: 30, LambdaMax: Num(-4), LambdaResidual: Num(1e-3)},
	}
	for _, r := range records {
		if err := m.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, records
}

// through keeps the records up to a step.
func through(step int64) func(Record) bool {
	return func(r Record) bool { return r.Step <= step }
}

// appendText adds text to metrics.jsonl.
func appendText(t *testing.T, dir, text string) {
	t.Helper()
	path := filepath.Join(dir, MetricsFile)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(content, text...), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestReadMetrics(t *testing.T) {
	tests := []struct {
		name     string
		added    string
		more     []Record
		warnings int
		err      string
	}{
		{"records come back as they were written", "", nil, 0, ""},
		{"unknown keys are ignored", `{"kind":"train","step":40,"flavour":"vanilla"}` + "\n", []Record{{Kind: Train, Step: 40}}, 0, ""},
		{"a torn last line is left out with a warning", `{"kind":"train","st`, nil, 1, ""},
		{"a last line without its end counts when it is whole", `{"kind":"train","step":40}`, []Record{{Kind: Train, Step: 40}}, 0, ""},
		{"a broken line before the last is an error that names it", "{\"kind\n{}\n", nil, 0, "line 4 is no record"},
		{"a broken last line that was ended is an error", "nonsense\n", nil, 0, "line 4 is no record"},
		{"empty lines are skipped", "\n\n", nil, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, want := writeRun(t)
			appendText(t, dir, tt.added)
			got, warnings, err := ReadMetrics(dir)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil || len(warnings) != tt.warnings {
				t.Fatalf("warnings %q, error %v, want %d warnings", warnings, err, tt.warnings)
			}
			if want = append(want, tt.more...); !reflect.DeepEqual(got, want) {
				t.Errorf("records\n%v, want\n%v", got, want)
			}
		})
	}
}

func TestOpenMetricsDropsWhatComesAfterTheCheckpoint(t *testing.T) {
	tests := []struct {
		keep int64
		want []int64
	}{
		{-1, nil}, {9, nil}, {10, []int64{10}}, {29, []int64{10, 20}}, {30, []int64{10, 20, 30}},
	}
	for _, tt := range tests {
		dir, _ := writeRun(t)
		appendText(t, dir, `{"kind":"train","step":30,"lo`) // torn
		m, warnings, err := OpenMetrics(dir, through(tt.keep))
		if err != nil || len(warnings) != 1 {
			t.Fatalf("keep %d: warnings %q, error %v, want the one about the torn line", tt.keep, warnings, err)
		}
		if err := errors.Join(m.Append(Record{Kind: Train, Step: 99}), m.Close()); err != nil {
			t.Fatal(err)
		}
		records, warnings, err := ReadMetrics(dir)
		if err != nil || len(warnings) > 0 {
			t.Fatalf("keep %d: warnings %q, error %v after truncation", tt.keep, warnings, err)
		}
		var steps []int64
		for _, r := range records {
			steps = append(steps, r.Step)
		}
		if want := append(tt.want, 99); !reflect.DeepEqual(steps, want) {
			t.Errorf("keep %d: steps %v, want %v", tt.keep, steps, want)
		}
	}
}

func TestOpenMetricsKeepsUnknownKeys(t *testing.T) {
	dir, _ := writeRun(t)
	appendText(t, dir, `{"kind":"train","step":40,"flavour":"vanilla"}`+"\n")
	m, _, err := OpenMetrics(dir, through(40))
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, MetricsFile))
	if err != nil || !strings.Contains(string(content), "vanilla") {
		t.Errorf("after a resumption metrics.jsonl is\n%s(error %v), want the key of another version kept", content, err)
	}
}

func TestReadRun(t *testing.T) {
	dir, records := writeRun(t)
	run, err := ReadRun(dir)
	if err != nil || run.Summary != nil || len(run.Warnings) != 1 || !strings.Contains(run.Warnings[0], "has not ended") {
		t.Fatalf("ReadRun without summary = %+v, %v, want no summary and a warning", run, err)
	}
	want := Summary{Method: "sam", Seed: 3, Steps: 30, TestAccuracy: Num(0), LambdaMax: Num(math.Inf(1)), Finished: true, Version: "v1"}
	if err := WriteSummary(dir, want); err != nil {
		t.Fatal(err)
	}
	run, err = ReadRun(dir)
	if err != nil || len(run.Warnings) > 0 || !reflect.DeepEqual(*run.Summary, want) || !reflect.DeepEqual(run.Records, records) {
		t.Errorf("ReadRun = %+v, %v, want summary %+v", run, err, want)
	}
	if run.Summary.TestLoss.Known() || run.Summary.LambdaMax.Known() || !run.Summary.TestAccuracy.Known() {
		t.Errorf("summary %+v: want a missing test loss, a missing (infinite) λmax, a test accuracy of 0", run.Summary)
	}
	if leftovers, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(leftovers) > 0 {
		t.Errorf("temporary files %v are left behind", leftovers)
	}
	if _, err := ReadRun(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadRun of an empty folder: %v, want fs.ErrNotExist", err)
	}
	if err := os.WriteFile(filepath.Join(dir, SummaryFile), []byte(`{"method":`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRun(dir); err == nil || !strings.Contains(err.Error(), SummaryFile) {
		t.Errorf("ReadRun with a cut summary: %v, want an error that names the file", err)
	}
}

func TestList(t *testing.T) {
	dir, _ := writeRun(t)
	out := filepath.Dir(dir)
	if err := os.Mkdir(filepath.Join(out, "plots"), 0o755); err != nil {
		t.Fatal(err)
	}
	got, err := List(out)
	if want := []string{dir}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("List = %v, %v, want %v: only folders with a %s", got, err, want, ConfigFile)
	}
	if _, err := List(filepath.Join(out, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("List of a missing folder: %v, want fs.ErrNotExist", err)
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteConfig(filepath.Join(file, "run"), 1); err == nil {
		t.Error("WriteConfig under a file succeeded")
	}
	if err := WriteSummary(filepath.Join(file, "run"), Summary{}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("WriteSummary under a file: %v, want an error that names the path", err)
	}
	if err := WriteConfig(t.TempDir(), math.NaN()); err == nil || !strings.Contains(err.Error(), ConfigFile) {
		t.Errorf("WriteConfig(NaN): %v, want an error that names %s", err, ConfigFile)
	}
}
