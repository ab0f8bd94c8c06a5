package runlog

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// What is JSON of the right form and cannot be what a run wrote is left out, with a message.
func TestWhatNoRunWrote(t *testing.T) {
	const config = `{"method":"sam","seed":3}`
	tests := []struct {
		name, file, text string
		want             string // "" for none
	}{
		{"a summary", SummaryFile, `{"method":"sam","seed":3,"test_accuracy":1}`, ""},
		{"one that does not say whose it is", SummaryFile, `{"test_accuracy":0}`, ""},
		{"an accuracy of 7", SummaryFile, `{"method":"sam","seed":3,"test_accuracy":7}`, "test_accuracy 7: want a fraction"},
		{"an accuracy of −1", SummaryFile, `{"method":"sam","seed":3,"train_accuracy":-1}`, "train_accuracy -1: want"},
		{"another method's summary", SummaryFile, `{"method":"sgd","seed":3}`, "another run: sgd, seed 3, want sam, seed 3"},
		{"another seed's summary", SummaryFile, `{"method":"sam","seed":4}`, "another run: sam, seed 4, want sam, seed 3"},
		{"finished and diverged", SummaryFile, `{"finished":true,"diverged":true}`, "diverged true"},
		{"negative steps", SummaryFile, `{"steps":-1}`, "-1 steps"},
		{"finished without records", SummaryFile, `{"finished":true}`, "has no records, though the run has finished"},
		{"a record", MetricsFile, `{"kind":"eval","step":0,"accuracy":0.5}`, ""},
		{"one of a kind of a later version", MetricsFile, `{"kind":"weather","step":-3,"accuracy":7}`, ""},
		{"an accuracy in a record", MetricsFile, `{"kind":"eval","accuracy":1.01}`, "no valid record in line 1"},
		{"a negative step", MetricsFile, `{"kind":"train","step":-1}`, "no valid record in line 1"},
		{"no object", MetricsFile, `7`, "no valid record in line 1"},
		{"a spectrum", MeasurementsFile, `{"spectrum":{"values":[1],"residuals":[0]}}`, ""},
		{"eigenvalues without residuals", MeasurementsFile, `{"spectrum":{"values":[1,2],"residuals":[0]}}`, "in line 1"},
		{"cosines without angles", MeasurementsFile, `{"angles":{"abs_cos":[1],"angle_deg":[]}}`, "in line 1"},
		{"nodes without weights", MeasurementsFile, `{"density":{"nodes":[[1,2]],"weights":[[1]]}}`, "in line 1"},
		{"probes without weights", MeasurementsFile, `{"density":{"nodes":[[1]]}}`, "in line 1"},
		{"points without values", MeasurementsFile, `{"density":{"points":[1]}}`, "in line 1"},
		{"a landscape", MeasurementsFile,
			`{"landscape":{"directions":["a","b"],"x":[0,1],"y":[0,1],"loss":[[1,null]]}}`, ""},
		{"a landscape without directions", MeasurementsFile, `{"landscape":{"x":[0],"y":[0],"loss":[[1]]}}`, "in line 1"},
		{"a plane along one direction", MeasurementsFile,
			`{"landscape":{"directions":["a"],"x":[0,1],"y":[0,1],"loss":[[1,1],[1,1]]}}`, "in line 1"},
		{"a plane of one column", MeasurementsFile,
			`{"landscape":{"directions":["a","b"],"x":[0],"y":[0,1],"loss":[[1],[1]]}}`, "in line 1"},
		{"a landscape without points", MeasurementsFile, `{"landscape":{"directions":["a"]}}`, "in line 1"},
		{"a row that is too short", MeasurementsFile,
			`{"landscape":{"directions":["a"],"x":[0,1],"y":[0],"loss":[[1]]}}`, "in line 1"},
		{"too many rows", MeasurementsFile,
			`{"landscape":{"directions":["a"],"x":[0],"y":[0],"loss":[[1],[1]]}}`, "in line 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run, err := Open(fstest.MapFS{
				"a/" + ConfigFile: {Data: []byte(config)}, "a/" + tt.file: {Data: []byte(tt.text + "\n")},
			}, "a")
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(run.Problems, "\n")
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) || got != "" && !strings.Contains(got, "a/") {
				t.Errorf("problems %q, want %q, under the name of the file", got, tt.want)
			}
			if read := len(run.Records) + len(run.Measurements); tt.want != "" && read > 0 {
				t.Errorf("%d lines were read, want none", read)
			}
			if tt.want != "" && tt.file == SummaryFile && !strings.Contains(tt.want, "records") && run.Summary.Finished {
				t.Errorf("the run counts as finished: %+v", run.Summary)
			}
		})
	}
}

// What is gone of a finished run is said, and of one that goes on, where a last line is being written, nothing.
func TestRecordsThatEndEarly(t *testing.T) {
	const whole = `{"kind":"train","step":6}` + "\n" + `{"kind":"train","step":7}` + "\n"
	for _, tt := range []struct {
		name, summary, records, want string
	}{
		{"whole", `{"finished":true,"steps":7}`, whole, ""},
		{"a line is gone", `{"finished":true,"steps":7}`, whole[:26], "metrics.jsonl ends at step 6 of the 7"},
		{"the last one is cut off", `{"finished":true,"steps":7}`, whole[:40], "metrics.jsonl: line 2 was cut off"},
		{"the one behind it is cut off", `{"finished":true,"steps":6}`, whole[:40], "metrics.jsonl: line 2 was cut off"},
		{"the same while it goes on", `{"steps":7}`, whole[:40], ""},
		{"zeros behind it, of a power failure", `{"steps":7}`, whole + "\x00\x00", ""},
		{"the same in a line", `{"steps":7}`, whole[:40] + "\x00\x00", ""},
		{"the same, though it has finished", `{"finished":true,"steps":7}`, whole + "\x00", "metrics.jsonl: line 3 was cut off"},
		{"something else behind it", `{"steps":7}`, whole[:51] + "x", "no valid record in line 2"},
	} {
		run, err := Open(fstest.MapFS{
			"a/" + ConfigFile: {Data: []byte(`{"method":"sam","seed":3}`)}, "a/" + SummaryFile: {Data: []byte(tt.summary)},
			"a/" + MetricsFile: {Data: []byte(tt.records)},
		}, "a")
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(run.Problems, "\n")
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: problems %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Whatever is in the files of a run, reading them ends with a message or with a run, and what was read can be written.
func FuzzReadRun(f *testing.F) {
	f.Add([]byte(`{"method":"sam","seed":3}`), []byte(`{"finished":true}`), []byte(`{"kind":"train","step":1}`),
		[]byte(`{"landscape":{"directions":["a"],"x":[0],"y":[0],"loss":[[1e308]]}}`))
	f.Add([]byte(`{"method":1}`), []byte(`[]`), []byte("{\n7\n{}"), []byte(`{"density":{"nodes":[[1]],"weights":[[1]]}}`))
	f.Fuzz(func(t *testing.T, config, summary, metrics, measurements []byte) {
		run, err := Open(fstest.MapFS{
			"a/" + ConfigFile: {Data: config}, "a/" + SummaryFile: {Data: summary}, "a/" + MetricsFile: {Data: metrics},
			"a/" + MeasurementsFile: {Data: measurements},
		}, "a")
		if err != nil {
			if !strings.Contains(err.Error(), "a/") {
				t.Errorf("error %v, want the file's name", err)
			}
			return
		}
		for _, m := range Settled(run.Measurements) {
			if err := m.check(); err != nil {
				t.Error(err)
			}
		}
		_ = fmt.Sprint(run)
	})
}
