package onnx_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models/onnx"
)

// Bounds are held to the digit, however large, and are not there where they are the largest numbers.
func TestClip(t *testing.T) {
	x := []float64{-3, 0.1, 3}
	tests := []struct {
		name      string
		low, high float64
		want      []float64
	}{
		{"between", -1, 1, []float64{-1, 0.1, 1}},
		{"far away", -1e6, 1e6, x},
		{"the largest numbers", -math.MaxFloat32, math.MaxFloat32, x},
		{"infinity", math.Inf(-1), math.Inf(1), x},
		{"one bound", 0, math.MaxFloat32, []float64{0, 0.1, 3}},
	}
	for _, tt := range tests {
		f := made{width: 3, nodes: []operation{{"", "Clip", "x low high", "y", nil}}, constants: []constant{
			{name: "low", floats: []float64{tt.low}}, {name: "high", floats: []float64{tt.high}}}}
		old := made{width: 3, opset: 6, nodes: []operation{{"", "Clip", "x", "y",
			map[string]any{"min": tt.low, "max": tt.high}}}}
		for _, f := range []made{f, old} {
			got := f.makes(t, 3, x)[0]
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
				}
			}
		}
	}
}

// The derivative is 1 between the bounds, 0 at them and beyond; for the sum of y²/2 it is y, and the second one is 1.
func TestClipDerivatives(t *testing.T) {
	f := made{width: 5, nodes: []operation{{"", "Clip", "x low high", "c", nil}, {"", "Mul", "c c", "d", nil},
		{"", "Mul", "d half", "y", nil}},
		constants: []constant{{name: "low", floats: []float64{-1}}, {name: "high", floats: []float64{1}},
			{name: "half", floats: []float64{0.5}}}}
	got := f.derivatives(t, 5, []float64{-2, -1, 0.5, 1, 2})
	for i, want := range [][]float64{{0, 0, 0.5, 0, 0}, {0, 0, 1, 0, 0}} {
		if !near(got[i], want) {
			t.Errorf("derivative %d: %v, want %v", i+1, got[i], want)
		}
	}
}

// derivatives are those of the sum of y, and of the sum of those.
func (f made) derivatives(t *testing.T, outputs int, x []float64) (of [2][]float64) {
	t.Helper()
	net, err := onnx.New(f.read(t), f.config(outputs))
	if err != nil {
		t.Fatal(err)
	}
	exec, err := model.NewExec(testbackend.Go(t), model.NewStore(), func(scope *model.Scope, x *graph.Node) []*graph.Node {
		d := graph.Gradient(graph.ReduceAllSum(net.Graph(scope, nil, []*graph.Node{x})[0]), x)[0]
		return []*graph.Node{graph.Reshape(d, -1), graph.Reshape(graph.Gradient(graph.ReduceAllSum(d), x)[0], -1)}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(row(x))
	if err != nil {
		t.Fatal(err)
	}
	for i := range of {
		of[i] = out[i].Value().([]float64)
	}
	return of
}

// Before version 13 a softmax is over all axes from the given one on, as one, and Split has its sizes in a setting.
func TestOlderOperations(t *testing.T) {
	x := []float64{math.Log(1), math.Log(2), math.Log(5)}
	softmax := made{width: 3, opset: 11, nodes: []operation{{"", "Softmax", "x", "shares", map[string]any{"axis": 2}},
		{"", "Mul", "shares two", "y", nil}}, constants: []constant{{name: "two", floats: []float64{2}}}}
	if got, want := softmax.makes(t, 3, x)[0], []float64{0.25, 0.5, 1.25}; !near(got, want) {
		t.Errorf("softmax from axis 2 on: %v, want %v", got, want)
	}
	softmax.nodes[0].name = "softmax"
	c := softmax.config(3)
	c.Head = "softmax"
	if _, err := onnx.New(softmax.read(t), c); err != nil {
		t.Errorf("a softmax of an old file is no place for a head: %v", err)
	}
	split := made{width: 3, opset: 11, nodes: []operation{
		{"", "Split", "x", "one two", map[string]any{"axis": 3, "split": []int64{1, 2}}},
		{"", "Mul", "one two", "y", nil}}}
	if got, want := split.makes(t, 2, []float64{3, 4, 5})[0], []float64{12, 15}; !near(got, want) {
		t.Errorf("the first times the others: %v, want %v", got, want)
	}
}

// 1·Φ(1) is 0.841345, by tables; the approximation by tanh gives 0.841192.
func TestGelu(t *testing.T) {
	for of, want := range map[string]float64{"none": 0.841345, "tanh": 0.841192} {
		f := made{width: 1, opset: 20, nodes: []operation{{"", "Gelu", "x", "y", map[string]any{"approximate": of}}}}
		if got := f.makes(t, 1, []float64{1})[0][0]; math.Abs(got-want) > 1e-6 {
			t.Errorf("approximation %s: %v, want %v", of, got, want)
		}
	}
}

// Whole numbers have no derivative: of the sum of trunc(x)·x it is trunc(x).
func TestCastDerivative(t *testing.T) {
	f := made{width: 2, nodes: []operation{{"", "Cast", "x", "i", map[string]any{"to": 6}},
		{"", "Cast", "i", "whole", map[string]any{"to": 1}}, {"", "Mul", "whole x", "y", nil}}}
	d := f.derivatives(t, 2, []float64{2.5, -3.5})[0]
	if want := []float64{2, -3}; !near(d, want) {
		t.Errorf("derivative %v, want %v", d, want)
	}
}
