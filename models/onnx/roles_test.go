package onnx_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/models/onnx"
)

// ones are a weight of ones.
func ones(name string, dims ...int64) constant {
	size := int64(1)
	for _, d := range dims {
		size *= d
	}
	return constant{name: name, dims: dims, floats: slices.Repeat([]float64{1}, int(size))}
}

// transformer has what a transformer has: dense layers of more than two axes, which are Transpose and MatMul, a layer
// norm in its parts, embeddings of positions, and numbers for each channel that are constants in PyTorch.
func transformer() made {
	const wide = 400
	return made{width: 4, constants: []constant{ones("dense.weight", wide, 4), ones("dense.bias", wide),
		ones("norm.weight", wide), ones("norm.bias", wide), ones("positions", 1, 1, 2, wide), ones("mean", 1, 1, 1, 1),
		ones("std", 4), whole("tall", 1, 1, 2, 1)},
		nodes: []operation{{"", "Sub", "x mean", "x1", nil}, {"", "Div", "x1 std", "x2", nil},
			{"", "Transpose", "dense.weight", "turned", map[string]any{"perm": []int64{1, 0}}},
			{"", "MatMul", "x2 turned", "h", nil}, {"", "Add", "dense.bias h", "h1", nil},
			{"", "Mul", "h1 norm.weight", "h2", nil}, {"", "Add", "h2 norm.bias", "h3", nil},
			{"", "Tile", "h3 tall", "h4", nil}, {"", "Add", "h4 positions", "y", nil}}}
}

// None of the file's values are left: kernels of n inputs have variance 2/n, embeddings a deviation of 0.02, what is
// added is 0 and what is multiplied is 1.
func TestRandomTransformer(t *testing.T) {
	f := transformer()
	for i := range f.constants {
		for k := range f.constants[i].floats {
			f.constants[i].floats[k] = 7
		}
	}
	c := f.config(800)
	c.Random = true
	net, err := onnx.New(f.read(t), c)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	evaluate(t, net, store, row([]float64{1, 2, 3, 4}))
	for path, want := range map[string]float64{"/dense/bias": 0, "/norm/weight": 1, "/norm/bias": 0, "/net/mean": 0,
		"/net/std": 1} {
		for _, x := range valuesOf(t, store, path) {
			if x != want {
				t.Fatalf("%s holds %v, want %v", path, x, want)
			}
		}
	}
	for path, want := range map[string]float64{"/dense/weight": math.Sqrt(2.0 / 4), "/net/positions": 0.02} {
		sum, values := 0.0, valuesOf(t, store, path)
		for _, x := range values {
			sum += x * x
		}
		// 800 draws at least: the deviation of a deviation is 1/√1600 = 2.5 % of it.
		if got := math.Sqrt(sum / float64(len(values))); math.Abs(got-want) > 0.1*want {
			t.Errorf("%s has the deviation %v, want about %v", path, got, want)
		}
	}
}

// Weights that may be constants are named, with what holds them; those of layers are not.
func TestNoteOfConstants(t *testing.T) {
	notes := strings.Join(transformer().read(t).Notes(""), "\n")
	if want := `unless frozen: mean, std, positions; what`; !strings.Contains(notes, want) ||
		!strings.Contains(notes, `--freeze "mean,std,positions"`) {
		t.Errorf("notes %q, want %q and the flag", notes, want)
	}
	for _, name := range []string{"cnn.onnx", "bn.onnx", "mlp.onnx", "merged.onnx"} {
		file, err := onnx.Read("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if notes := strings.Join(file.Notes(""), "\n"); strings.Contains(notes, "no kernel") {
			t.Errorf("%s: notes %q, want none of constants", name, notes)
		}
	}
}

// A softmax at the end is left out, whatever follows it that leaves its numbers as they are.
func TestSoftmaxAtTheEnd(t *testing.T) {
	for _, after := range []operation{{"", "Identity", "shares", "y", nil}, {"", "Flatten", "shares", "y", nil},
		{"", "Cast", "shares", "y", map[string]any{"to": 1}}, {"", "Squeeze", "shares axis", "y", nil}} {
		f := made{width: 2, constants: []constant{whole("axis", 1)}, nodes: []operation{
			{"softmax", "Softmax", "x", "shares", map[string]any{"axis": 3}}, after}}
		if got, want := f.makes(t, 2, []float64{1, 5})[0], []float64{1, 5}; !near(got, want) {
			t.Errorf("with %s after it: %v, want %v", after.kind, got, want)
		}
		if notes := strings.Join(f.read(t).Notes(""), "\n"); !strings.Contains(notes, "softmax (Softmax) is left out") {
			t.Errorf("with %s after it: notes %q, want one of the softmax", after.kind, notes)
		}
	}
}

// What is valid is taken: a seed of Dropout, an output of MaxPool without a name, sums of several, names in any script.
func TestValidFiles(t *testing.T) {
	f := made{width: 2, constants: []constant{floats("größe.重み", 1, 2), floats("größe.偏り", 3, 4)}, nodes: []operation{
		{"", "Dropout", "x", "a", map[string]any{"seed": 1234567890}},
		{"", "MaxPool", "a", "b -", map[string]any{"kernel_shape": []int64{1, 1}}},
		{"", "Sum", "b größe.重み größe.偏り", "y", nil}}}
	if got, want := f.makes(t, 2, []float64{10, 20})[0], []float64{14, 26}; !near(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	f = made{width: 2, opset: 9, nodes: []operation{{"up", "Tile", "x", "y", nil}}}
	f.refused(t, 2, "node up (Tile)", "opset_version=13")
}

// The shape that a file with a fixed batch gives a weight is that of the weight.
func TestFixedBatch(t *testing.T) {
	f := made{width: 3, batch: 1, constants: []constant{floats("w", 1, 2, 3), whole("shape", 1, 1, 1, -1)}}
	f.nodes = []operation{{"", "Reshape", "w shape", "v", nil}, {"", "Mul", "x v", "y", nil}}
	got := f.makes(t, 3, []float64{1, 1, 1}, []float64{2, 2, 2}, []float64{3, 3, 3})
	for i, want := range [][]float64{{1, 2, 3}, {2, 4, 6}, {3, 6, 9}} {
		if !near(got[i], want) {
			t.Errorf("example %d: %v, want %v", i, got[i], want)
		}
	}
}
