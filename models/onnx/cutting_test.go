package onnx_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// first3 are 1, 2, 3.
var first3 = []float64{1, 2, 3}

func TestPad(t *testing.T) {
	tests := []struct {
		name, mode string
		pads       []int64
		want       []float64
	}{
		{"with a number", "constant", []int64{0, 0, 0, 1, 0, 0, 0, 2}, []float64{7, 1, 2, 3, 7, 7}},
		{"that cuts", "constant", []int64{0, 0, 0, -1, 0, 0, 0, 1}, []float64{2, 3, 7}},
		{"with the edge", "edge", []int64{0, 0, 0, 1, 0, 0, 0, 2}, []float64{1, 1, 2, 3, 3, 3}},
		{"with the mirror image", "reflect", []int64{0, 0, 0, 1, 0, 0, 0, 2}, []float64{2, 1, 2, 3, 2, 1}},
		{"with itself", "wrap", []int64{0, 0, 0, 1, 0, 0, 0, 2}, []float64{3, 1, 2, 3, 1, 2}},
	}
	for _, tt := range tests {
		f := made{width: 3, constants: []constant{whole("pads", tt.pads...), floats("seven", 7)}, nodes: []operation{
			{"", "Pad", "x pads seven", "y", map[string]any{"mode": tt.mode}}}}
		if got := f.makes(t, len(tt.want), first3)[0]; !near(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		f.opset, f.constants = 9, nil
		f.nodes = []operation{{"", "Pad", "x", "y", map[string]any{"mode": tt.mode, "pads": tt.pads, "value": 7.0}}}
		if got := f.makes(t, len(tt.want), first3)[0]; !near(got, tt.want) {
			t.Errorf("%s, in an old file: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// PyTorch's older exporter makes ONNX's paddings of its own, [left, right, …]: it fills them up with zeros, turns them
// around as a matrix of two columns, and transposes that.
func TestPadOfPyTorch(t *testing.T) {
	f := padOfPyTorch()
	if got, want := f.makes(t, 6, first3)[0], []float64{0, 1, 2, 3, 0, 0}; !near(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	f.constants = append(f.constants, whole("none"))
	f.nodes = append(f.nodes[:len(f.nodes)-1], operation{"pad", "Pad", "x none", "y", nil})
	f.refused(t, 3, "node pad (Pad)", "has 0 paddings")
}

func padOfPyTorch() made {
	constants := []constant{whole("given", 1, 2), {name: "zero", ints: []int64{0}}, {name: "eight", ints: []int64{8}},
		whole("columns", -1, 2), whole("first", 0), whole("last", -1), whole("beginning", math.MinInt64+1), whole("all", -1)}
	return made{width: 3, constants: constants, nodes: []operation{
		{"", "Shape", "given", "shape", nil}, {"", "Gather", "shape zero", "count", map[string]any{"axis": 0}},
		{"", "Sub", "eight count", "missing", nil}, {"", "Unsqueeze", "missing first", "missing1", nil},
		{"", "ConstantOfShape", "missing1", "zeros", map[string]any{"value": whole("", 0)}},
		{"", "Concat", "given zeros", "full", map[string]any{"axis": 0}}, {"", "Reshape", "full columns", "matrix", nil},
		{"", "Slice", "matrix last beginning first last", "turned", nil},
		{"", "Transpose", "turned", "rows", map[string]any{"perm": []int64{1, 0}}}, {"", "Reshape", "rows all", "list", nil},
		{"", "Cast", "list", "pads", map[string]any{"to": 7}}, {"pad", "Pad", "x pads", "y", nil},
	}}
}

func TestSlice(t *testing.T) {
	tests := []struct {
		name             string
		start, end, step int64
		want             []float64
	}{
		{"turned around", -1, math.MinInt64, -1, []float64{3, 2, 1}},
		{"every other, backwards", 2, -100, -2, []float64{3, 1}},
		{"backwards, to the first, which is left out", -1, 0, -1, []float64{3, 2}},
		{"to the end", 1, math.MaxInt64, 1, []float64{2, 3}},
		{"every other", 0, math.MaxInt64, 2, []float64{1, 3}},
	}
	for _, tt := range tests {
		f := made{width: 3, constants: []constant{whole("start", tt.start), whole("end", tt.end), whole("axis", 3),
			whole("step", tt.step)}, nodes: []operation{{"", "Slice", "x start end axis step", "y", nil}}}
		if got := f.makes(t, len(tt.want), first3)[0]; !near(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	f := made{width: 3, opset: 9, nodes: []operation{{"", "Slice", "x", "y",
		map[string]any{"starts": []int64{1}, "ends": []int64{math.MaxInt64}, "axes": []int64{3}}}}}
	if got, want := f.makes(t, 2, first3)[0], []float64{2, 3}; !near(got, want) {
		t.Errorf("in an old file: %v, want %v", got, want)
	}
}

// Whatever bytes change in a file with numbers that are computed, it is an error that says what is wrong.
func TestDamagedNumbers(t *testing.T) {
	resize := made{width: 3, constants: []constant{floats("scales", 1, 1, 1, 2)}, nodes: []operation{
		{"", "Resize", "x - scales", "y", map[string]any{"mode": "cubic"}}}}
	random := rand.New(rand.NewPCG(3, 4))
	for _, f := range []made{padOfPyTorch(), resize, transformer()} {
		path := f.write(t)
		sound, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 60 {
			damaged := bytes.Clone(sound)
			for range 1 + random.IntN(3) {
				damaged[random.IntN(len(damaged))] = byte(random.IntN(256))
			}
			if err := os.WriteFile(path, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := build(t, path, f.config(6)); err != nil && strings.Contains(err.Error(), "runtime error") {
				t.Errorf("error %v, want one that says what is wrong", err)
			}
		}
	}
}
