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

// writeRun writes a run of three records at steps 10, 20 and 30 and returns its directory.
func writeRun(t *testing.T) (dir string, records []Record) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "sam-seed0")
	if err := WriteConfig(dir, map[string]any{"method": "sam", "seed": 3, "data": "digits"}); err != nil {
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

// appendText adds text to a file of lines, with the checksums that a run gives to what is JSON.
func appendText(t *testing.T, dir, file, text string) {
	t.Helper()
	path := filepath.Join(dir, file)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, sum := unseal(content)
	for line := range strings.Lines(text) {
		if json.Valid([]byte(line)) && line[0] == '{' {
			var sealed []byte
			sealed, sum = seal(sum, []byte(line))
			line = string(sealed) + line[len(strings.TrimRight(line, "\n")):]
		}
		content = append(content, line...)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
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
		appendText(t, dir, MetricsFile, `{"kind":"train","step":30,"lo`) // torn
		m, warnings, err := OpenMetrics(dir, through(tt.keep))
		if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "line 4 was cut off") {
			t.Fatalf("keep %d: warnings %q, error %v, want the one about the torn line", tt.keep, warnings, err)
		}
		if err := errors.Join(m.Append(Record{Kind: Train, Step: 99}), m.Close()); err != nil {
			t.Fatal(err)
		}
		run, err := ReadRun(dir)
		if err != nil || len(run.Problems) > 0 {
			t.Fatalf("keep %d: %+v, error %v after truncation", tt.keep, run, err)
		}
		var steps []int64
		for _, r := range run.Records {
			steps = append(steps, r.Step)
		}
		if want := append(tt.want, 99); !reflect.DeepEqual(steps, want) {
			t.Errorf("keep %d: steps %v, want %v", tt.keep, steps, want)
		}
	}
}

func TestOpenMetricsRefusesWhatItWouldSpoil(t *testing.T) {
	dir, _ := writeRun(t)
	appendText(t, dir, MetricsFile, "nonsense\n")
	const want = "metrics.jsonl: no valid record in line 4: mend it"
	if _, _, err := OpenMetrics(dir, through(99)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestOpenMetricsKeepsUnknownKeys(t *testing.T) {
	dir, _ := writeRun(t)
	appendText(t, dir, MetricsFile, `{"kind":"train","step":40,"flavour":"vanilla"}`+"\n")
	m, _, err := OpenMetrics(dir, through(40))
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, MetricsFile))
	if err != nil || !strings.Contains(string(content), "vanilla") {
		t.Errorf("metrics.jsonl is\n%s(error %v), want the key of another version kept", content, err)
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
	nowhere := filepath.Join(file, "nowhere")
	if _, err := ReadRuns(nowhere); err == nil || !strings.Contains(err.Error(), nowhere) {
		t.Errorf("ReadRuns of a missing folder: %v, want an error that names it", err)
	}
	_, err := ReadRun(t.TempDir())
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "want a folder") {
		t.Errorf("ReadRun of an empty folder: %v, want fs.ErrNotExist with what is wanted", err)
	}
}
