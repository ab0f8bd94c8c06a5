package runlog

import (
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

func TestReadRun(t *testing.T) {
	dir, records := writeRun(t)
	if err := AppendMeasurement(dir, Measurement{Measure: MeasureTrace, Reason: ReasonInterrupted}); err != nil {
		t.Fatal(err)
	}
	run, err := ReadRun(dir)
	if err != nil || len(run.Problems) > 0 {
		t.Fatalf("ReadRun = %+v, %v, want no problem", run, err)
	}
	want := Summary{Method: "sam", Seed: 3, Data: "digits", Stopped: "it has no summary.json"}
	if run.Summary != want {
		t.Errorf("summary of a run without one: %+v, want %+v", run.Summary, want)
	}
	want = Summary{Method: "sam", Seed: 3, Steps: 30, TestAccuracy: Num(0), Finished: true, Version: "v1"}
	want.LambdaMax = Num(math.Inf(1))
	if err := WriteSummary(dir, want); err != nil {
		t.Fatal(err)
	}
	run, err = ReadRun(dir)
	if err != nil || len(run.Problems) > 0 || run.Summary != want || len(run.Measurements) != 1 ||
		!reflect.DeepEqual(run.Records, records) {
		t.Errorf("ReadRun = %+v, %v, want summary %+v and what was written", run, err, want)
	}
	if s := run.Summary; s.TestLoss.Known() || s.LambdaMax.Known() || !s.TestAccuracy.Known() {
		t.Errorf("summary %+v: want a missing test loss, a missing (infinite) λmax, a test accuracy of 0", s)
	}
	var config struct{ Data string }
	err = run.Decode(&config)
	if err != nil || config.Data != "digits" || run.Setup.Data != "digits" || run.Setup.Seed != 3 {
		t.Errorf("config.json is %+v and %+v, %v, want that of the run", config, run.Setup, err)
	}
	if leftovers, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(leftovers) > 0 {
		t.Errorf("temporary files %v are left behind", leftovers)
	}
}

func TestReadsLinesAsFarAsItCan(t *testing.T) {
	const record = `{"kind":"train","step":40}`
	one := []Record{{Kind: Train, Step: 40}}
	tests := []struct {
		name, added string
		more        []Record
		problem     string // "" for none
	}{
		{"records come back as they were written", "", nil, ""},
		{"unknown keys are ignored", `{"kind":"train","step":40,"flavour":"vanilla"}` + "\n", one, ""},
		{"a torn last line is left out in silence", `{"kind":"train","st`, nil, ""},
		{"a last line without its end counts when it is whole", record, one, ""},
		{"a broken line is named", "{\"k\n" + record + "\n", one, "metrics.jsonl: no valid record in line 4, left out"},
		{"so are several", strings.Repeat("[]\n", 7), nil, "record in line 4, 5, 6, 7, 8, and 2 more, left out"},
		{"empty lines are skipped", "\n\n", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, want := writeRun(t)
			appendText(t, dir, MetricsFile, tt.added)
			run, err := ReadRun(dir)
			got := strings.Join(run.Problems, "")
			if err != nil || (got == "") != (tt.problem == "") || !strings.Contains(got, tt.problem) {
				t.Fatalf("problems %q, error %v, want %q", run.Problems, err, tt.problem)
			}
			if want = append(want, tt.more...); !reflect.DeepEqual(run.Records, want) {
				t.Errorf("records\n%v, want\n%v", run.Records, want)
			}
		})
	}
}

// What is no record costs a message, and neither waits nor fills the memory.
func TestFilesThatAreNone(t *testing.T) {
	replaced := func(file string, make func(path string) error) func(dir string) error {
		return func(dir string) error {
			path := filepath.Join(dir, file)
			os.Remove(path)
			return make(path)
		}
	}
	cut := func(path string) error { return os.WriteFile(path, []byte(`{"method":`), 0o644) }
	folder := func(path string) error { return os.Mkdir(path, 0o755) }
	pipe := func(path string) error { return exec.Command("mkfifo", path).Run() }
	huge := func(path string) error { // of no blocks
		f, err := os.Create(path)
		if err == nil {
			err = f.Truncate(1 << 40)
			f.Close()
		}
		return err
	}
	tests := []struct {
		name   string
		damage func(dir string) error
		want   string
	}{
		{"a pipe for the records", replaced(MetricsFile, pipe), "cannot be read: metrics.jsonl is no regular file"},
		{"a huge file for the records", replaced(MetricsFile, huge), "has 1099511627776 bytes: want 67108864 at most"},
		{"a folder for the measurements", replaced(MeasurementsFile, folder), "curvature.jsonl is no regular file"},
		{"a pipe for the summary", replaced(SummaryFile, pipe), "and the run counts as unfinished"},
		{"a cut summary", replaced(SummaryFile, cut), "counts as unfinished"},
		{"a pipe for the recipe", replaced(ConfigFile, pipe), "config.json is no regular file"},
		{"a huge file for the recipe", replaced(ConfigFile, huge), "want 1048576 at most"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, _ := writeRun(t)
			if err := tt.damage(dir); err != nil {
				t.Skipf("this system cannot make such a file: %v", err)
			}
			run, err := ReadRun(dir)
			if err != nil {
				run = &Run{Problems: []string{err.Error()}}
			}
			got := strings.Join(run.Problems, "\n")
			if !strings.Contains(got, tt.want) || strings.Count(got, dir) != 1 || run.Summary.Finished {
				t.Errorf("problems %q, want %q once, under its path, and no finished run", got, tt.want)
			}
			if strings.Contains(tt.name, "recipe") != (err != nil) {
				t.Errorf("error %v, want one for the recipe alone", err)
			}
			if _, _, err := OpenMetrics(dir, through(99)); strings.Contains(tt.name, "records") && err == nil {
				t.Error("OpenMetrics goes on with it, want an error")
			}
		})
	}
}

func TestSetup(t *testing.T) {
	tests := []struct {
		name, config string
		method, err  string
	}{
		{"the method", `{"method":"sam:rho=0.1"}`, "sam:rho=0.1", ""},
		{"the published form", `{"method":"xsam-paper","correction":"paper","length":"unit"}`, "xsam-paper", ""},
		{"the earlier form is told apart", `{"method":"xsam-paper","correction":"paper"}`, "xsam-paper (raw c)", ""},
		{"so are its variants", `{"method":"xsam:a=1","correction":"paper"}`, "xsam:a=1 (raw c)", ""},
		{"no method", `{}`, "", "a/config.json names no method: want the config.json of a run"},
		{"no recipe", `{"method":1}`, "", "a/config.json is no valid recipe: json: cannot unmarshal number"},
		{"torn", `{"method":`, "", "a/config.json is no valid recipe: unexpected end of JSON input: want"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fsys := fstest.MapFS{
				"a/config.json":  {Data: []byte(tt.config)},
				"a/summary.json": {Data: []byte(`{"finished":true}`)},
			}
			run, err := Open(fsys, "a")
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || run.Setup.Method != tt.method || run.Summary.Method != tt.method || !run.Summary.Finished {
				t.Errorf("method %q, summary %+v, %v, want %q in both", run.Setup.Method, run.Summary, err, tt.method)
			}
		})
	}
}

func TestList(t *testing.T) {
	dir, _ := writeRun(t)
	out := filepath.Dir(dir)
	for _, folder := range []string{"plots", "b/config.json"} { // a folder of that name is no recipe
		if err := os.MkdirAll(filepath.Join(out, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	fsys := fstest.MapFS{"a/" + MetricsFile: {}, "b/" + ConfigFile: {Mode: fs.ModeDir}, "b/" + SummaryFile: {}, "c/x": {}}
	if got, err := List(fsys, "."); err != nil || !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Errorf("List = %v, %v, want those with records too, so that they are missed", got, err)
	}
	got, err := List(os.DirFS(out), ".")
	if want := []string{"sam-seed0"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("List = %v, %v, want %v: only folders with a %s", got, err, want, ConfigFile)
	}
	runs, err := ReadRuns(out)
	if err != nil || len(runs) != 1 || runs[0].Dir != dir || Summaries(runs)[0].Seed != 3 {
		t.Errorf("ReadRuns = %+v, %v, want the run %s", runs, err, dir)
	}
}
