package runlog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// finishedRun is the directory of a finished run with two measurements, and what is read of it.
func finishedRun(t *testing.T) (dir string, read *Run) {
	t.Helper()
	dir, _ = writeRun(t)
	err := errors.Join(AppendMeasurement(dir, Measurement{Measure: MeasureTrace, Seconds: Num(1.5)}),
		AppendMeasurement(dir, Measurement{Measure: MeasureTrace, Step: 30}),
		WriteSummary(dir, Summary{Method: "sam", Seed: 3, Steps: 30, TestAccuracy: Num(0.5), Finished: true}))
	if err != nil {
		t.Fatal(err)
	}
	read, err = ReadRun(dir)
	if err != nil || len(read.Problems) > 0 || len(read.Records) != 3 || len(read.Measurements) != 2 {
		t.Fatalf("ReadRun = %+v, %v, want it whole", read, err)
	}
	return dir, read
}

// Whichever byte of a record is changed, it is said, under the file's name, or what is read is what was written.
func TestChangedBytesAreFound(t *testing.T) {
	dir, want := finishedRun(t)
	changes := 0
	for _, file := range []string{ConfigFile, MetricsFile, SummaryFile, MeasurementsFile} {
		path := filepath.Join(dir, file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range text {
			other := []byte{b ^ 1, b ^ 0x20, '7'}
			for _, to := range other {
				changed := slices.Clone(text)
				if changed[i] = to; to == b {
					continue
				}
				changes++
				if err := os.WriteFile(path, changed, 0o644); err != nil {
					t.Fatal(err)
				}
				run, err := ReadRun(dir)
				said := fmt.Sprint(err)
				if err == nil {
					said = strings.Join(run.Problems, "\n")
				}
				if !strings.Contains(said, file) && !reflect.DeepEqual(run, want) {
					t.Errorf("%s with %q for %q in byte %d, %q: %q, want it named", file, to, b, i, changed[max(0, i-20):i+1], said)
				}
			}
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d changes", changes)
}

// A line that is gone, doubled or in another's place is found, and named where there is one.
func TestLinesOutOfOrderAreFound(t *testing.T) {
	dir, _ := finishedRun(t)
	path := filepath.Join(dir, MetricsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\n'})
	lines[2] = append(lines[2], '\n')
	a, b, c := lines[0], lines[1], lines[2]
	for _, tt := range []struct {
		name  string
		lines [][]byte
		want  string
	}{
		{"as it was", [][]byte{a, b, c}, ""},
		{"the first is gone", [][]byte{b, c}, "does not fit in line 1, which was changed, or a line before it is gone"},
		{"one is gone", [][]byte{a, c}, "does not fit in line 2"},
		{"the last is gone", [][]byte{a, b}, "metrics.jsonl ends at step 20 of the 30"},
		{"one is doubled", [][]byte{a, b, b, c}, "does not fit in line 3, which"},
		{"the last is doubled", [][]byte{a, b, c, c}, "does not fit in line 4"},
		{"two are swapped", [][]byte{b, a, c}, "does not fit in line 1, 2, 3"},
		{"one without a checksum", [][]byte{a, b, []byte(`{"kind":"eval","step":25}` + "\n"), c}, "does not fit in line 3"},
	} {
		if err := os.WriteFile(path, bytes.Join(tt.lines, nil), 0o644); err != nil {
			t.Fatal(err)
		}
		run, err := ReadRun(dir)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(run.Problems, "\n")
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: problems %q, want %q", tt.name, got, tt.want)
		}
		if _, _, err := OpenMetrics(dir, through(99)); strings.Contains(tt.want, "does not fit") && (err == nil ||
			!strings.Contains(err.Error(), "does not fit")) {
			t.Errorf("%s: OpenMetrics %v, want an error that says so", tt.name, err)
		}
	}
}

// Another run's records, or its recipe, of the same method and seed are found by the summary.
func TestFilesOfAnotherRunAreFound(t *testing.T) {
	for _, file := range []string{ConfigFile, MetricsFile} {
		dir, _ := finishedRun(t)
		other := t.TempDir()
		m, _, err := OpenMetrics(other, through(99))
		if err == nil {
			err = errors.Join(m.Append(Record{Kind: Train, Step: 30}), m.Close(),
				WriteConfig(other, map[string]any{"method": "sam", "seed": 3, "data": "digits", "lr": 1}),
				os.Rename(filepath.Join(other, file), filepath.Join(dir, file)))
		}
		if err != nil {
			t.Fatal(err)
		}
		run, err := ReadRun(dir)
		if err != nil || len(run.Problems) != 1 || !strings.Contains(run.Problems[0], filepath.Join(dir, file)) {
			t.Errorf("%s of another run: %+v, %v, want a problem that names it", file, run, err)
		}
	}
}

// Records of earlier versions have no checksums: they are read in silence, and a run goes on with them.
func TestRecordsWithoutChecksums(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{
		ConfigFile:       `{"method":"sam","seed":3}`,
		SummaryFile:      `{"method":"sam","seed":3,"steps":20}`,
		MetricsFile:      `{"kind":"train","step":10}` + "\n" + `{"kind":"train","step":20}` + "\n",
		MeasurementsFile: `{"measure":"trace","step":20}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, warnings, err := OpenMetrics(dir, through(20))
	if err == nil {
		err = errors.Join(m.Append(Record{Kind: Train, Step: 30}), m.Append(Record{Kind: Train, Step: 40}), m.Close(),
			AppendMeasurement(dir, Measurement{Measure: MeasureTrace, Step: 40}))
	}
	run, readErr := ReadRun(dir)
	if err = errors.Join(err, readErr); err != nil || len(warnings)+len(run.Problems) > 0 || len(run.Records) != 4 ||
		len(run.Measurements) != 2 {
		t.Fatalf("%+v, warnings %q, error %v, want four records and two measurements", run, warnings, err)
	}
	// A last record of a summary is made again: what is kept is sealed anew.
	m, _, err = OpenMetrics(dir, func(r Record) bool { return r.Step != 30 })
	if err == nil {
		err = m.Close()
	}
	if run, readErr := ReadRun(dir); err != nil || readErr != nil || len(run.Problems) > 0 || len(run.Records) != 3 {
		t.Errorf("%+v, %v, %v, want three records", run, err, readErr)
	}
}

func TestUnseal(t *testing.T) {
	sealed, err := Seal(map[string]any{"a": 1, "crc32c": "of an earlier writing"})
	const want = "{\n  \"a\": 1,\n  \"crc32c\": \"%s\"\n}\n"
	if sum := checksum("", []byte("{\n  \"a\": 1")); err != nil || string(sealed) != fmt.Sprintf(want, sum) {
		t.Errorf("Seal = %q, %v, want %q", sealed, err, fmt.Sprintf(want, sum))
	}
	for _, tt := range []struct{ text, want, err string }{
		{string(sealed), "{\n  \"a\": 1\n}\n", ""},
		{`{"a": 1}`, `{"a": 1}`, ""},
		{strings.Replace(string(sealed), "1", "2", 1), "", "remove the key \"crc32c\" when the change is meant"},
		{`{"a": {"crc32c":"x"}}`, `{"a": {"crc32c":"x"}}`, ""}, // not of the whole
		{``, ``, ""},
	} {
		got, err := Unseal([]byte(tt.text))
		if string(got) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("Unseal(%q) = %q, %v, want %q, %q", tt.text, got, err, tt.want, tt.err)
		}
	}
	for _, v := range []any{1, map[string]int{}, "{}"} {
		if text, err := Seal(v); err == nil {
			t.Errorf("Seal(%v) = %q, want an error", v, text)
		}
	}
}
