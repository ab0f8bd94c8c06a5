package runlog

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// ofStep is a measurement of the trace.
func ofStep(step int64, value float64) Measurement {
	return Measurement{
		Measure: MeasureTrace, Step: step, Epoch: Num(1), Operator: "hessian", Method: "exact", Split: TrainSplit,
		Examples: 8, Batch: 4,
		Norm: "batch", DType: "float32", Backend: "go", Settings: map[string]string{"probes": "30"}, Products: 30,
		Seconds:   Num(0.5),
		Converged: true, Trace: &Estimate{Value: Num(value), StandardError: Num(0.1), Samples: 10, Estimator: "hutch++"},
	}
}

func TestMeasurementsReadBackAsWritten(t *testing.T) {
	dir := t.TempDir()
	if got, warnings, err := ReadMeasurements(dir); got != nil || warnings != nil || err != nil {
		t.Fatalf("without a file ReadMeasurements = %v, %v, %v, want nothing", got, warnings, err)
	}
	plane := ofStep(20, 0)
	plane.Trace, plane.Measure, plane.Converged, plane.Reason = nil, MeasureLandscape, false, ReasonInterrupted
	plane.Landscape = &Landscape{
		Directions: []string{"eigenvector 1", "eigenvector 2"}, X: []float64{-1, 1}, Y: []float64{-1, 1},
		Loss: [][]Number{{Num(1), Num(2)}, {{}, {}}}, Path: [][2]float64{{0, 1}},
	}
	want := []Measurement{ofStep(10, 3), plane}
	for _, m := range want {
		if err := AppendMeasurement(dir, m); err != nil {
			t.Fatal(err)
		}
	}
	got, warnings, err := ReadMeasurements(dir)
	if err != nil || len(warnings) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("ReadMeasurements = %+v, %v, %v, want %+v", got, warnings, err, want)
	}
	if err := AppendMeasurement(filepath.Join(dir, "nowhere"), ofStep(1, 1)); err == nil {
		t.Error("AppendMeasurement to a folder that is not there succeeds, want an error")
	}
}

// What a killed process leaves at the end of the file must not spoil what comes after it.
func TestAppendAfterATornLine(t *testing.T) {
	tests := []struct {
		name, end string // what stands behind the first whole line
		want      []int64
	}{
		{"a torn line is removed", `{"measure":"trace","st`, []int64{10, 30}},
		{"a whole line without its end gets it", `{"measure":"trace","step":20}`, []int64{10, 20, 30}},
		{"nothing to mend", "", []int64{10, 30}},
		{"an empty last line stays", "\n", []int64{10, 30}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := AppendMeasurement(dir, ofStep(10, 1)); err != nil {
				t.Fatal(err)
			}
			appendText(t, dir, MeasurementsFile, tt.end)
			if err := AppendMeasurement(dir, ofStep(30, 1)); err != nil {
				t.Fatal(err)
			}
			got, warnings, err := ReadMeasurements(dir)
			var steps []int64
			for _, m := range got {
				steps = append(steps, m.Step)
			}
			if err != nil || len(warnings) > 0 || !reflect.DeepEqual(steps, tt.want) {
				t.Errorf("steps %v, warnings %v, error %v, want steps %v", steps, warnings, err, tt.want)
			}
		})
	}
}

func TestReadMeasurementsOfDamagedFiles(t *testing.T) {
	tests := []struct {
		name, content  string
		count          int
		warning, error string
	}{
		{"a torn last line is left out", "{\"measure\":\"trace\"}\n{\"mea", 1, "line 2 was cut off", ""},
		{"a broken line before the last is an error", "{\"mea\n{\"measure\":\"trace\"}\n", 0, "",
			"no valid record in line 1"},
		{"unknown keys are ignored", "{\"measure\":\"trace\",\"flavour\":1}\n\n", 1, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, MeasurementsFile), []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			got, warnings, err := ReadMeasurements(dir)
			if len(got) != tt.count || !strings.Contains(strings.Join(warnings, ""), tt.warning) ||
				(tt.warning == "") != (warnings == nil) {
				t.Errorf("%d measurements, warnings %q, want %d and %q", len(got), warnings, tt.count, tt.warning)
			}
			if (err == nil) != (tt.error == "") || err != nil && !strings.Contains(err.Error(), tt.error) {
				t.Errorf("error %v, want %q", err, tt.error)
			}
		})
	}
}

func TestNewest(t *testing.T) {
	first, other, again := ofStep(10, 1), ofStep(20, 2), ofStep(10, 3)
	finer := ofStep(10, 4)
	finer.Settings = map[string]string{"probes": "90"}
	got := Newest([]Measurement{first, other, again, finer})
	if want := []Measurement{again, other, finer}; !reflect.DeepEqual(got, want) {
		t.Errorf("Newest = %+v, want %+v: the last of the same step and settings", got, want)
	}
}

// Of several measurements with the same settings the newest counts, and parts of interrupted ones do not.
func TestSettled(t *testing.T) {
	part := ofStep(10, 9)
	part.Reason = ReasonInterrupted
	got := Settled([]Measurement{ofStep(10, 1), ofStep(10, 2), part})
	if want := []Measurement{ofStep(10, 2)}; !reflect.DeepEqual(got, want) {
		t.Errorf("Settled = %+v, want %+v", got, want)
	}
}
