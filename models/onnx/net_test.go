package onnx_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models/onnx"
)

// golden is what PyTorch says of the networks: see testdata/make.py.
type golden struct {
	Logits      [][]float64
	Loss        float64
	Eigenvalues []float64
	Losses      []float64
	Accuracy    float64 `json:"test_accuracy"`
}

func goldenOf(t *testing.T, name string) golden {
	t.Helper()
	text, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]golden{}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all[name]
}

// config is for the images of testdata/shapes.npz.
func config() onnx.Config {
	return onnx.Config{Height: 8, Width: 8, Channels: 1, Outputs: 3, DType: dtypes.Float64}
}

func network(t *testing.T, name string, c onnx.Config) *onnx.Net {
	t.Helper()
	file, err := onnx.Read(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	net, err := onnx.New(file, c)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// first are the first n training images.
func first(t *testing.T, n int) [][][][]float64 {
	t.Helper()
	text, err := os.ReadFile("testdata/inputs.json")
	if err != nil {
		t.Fatal(err)
	}
	var all [][][][]float64
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all[:n]
}

// evaluate is what a network makes of examples, in evaluation.
func evaluate(t *testing.T, net *onnx.Net, store *model.Store, x any) [][]float64 {
	t.Helper()
	exec, err := model.NewExec(testbackend.Go(t), store, func(scope *model.Scope, x *graph.Node) []*graph.Node {
		return net.Graph(scope, nil, []*graph.Node{x})
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(x)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Value().([][]float64)
}

// The networks make of images what they make in PyTorch, in float32 there: hence the tolerance.
func TestLogits(t *testing.T) {
	for file, name := range map[string]string{
		"cnn.onnx": "cnn", "dynamo.onnx": "cnn", "outside.onnx": "cnn", "fixed.onnx": "cnn", "bn.onnx": "bn",
		"folded.onnx": "bn", "mlp.onnx": "mlp",
	} {
		t.Run(file, func(t *testing.T) {
			want := goldenOf(t, name).Logits
			got := evaluate(t, network(t, file, config()), model.NewStore(), first(t, len(want)))
			for i := range want {
				for j := range want[i] {
					if math.Abs(got[i][j]-want[i][j]) > 2e-5 {
						t.Fatalf("example %d: logits %v, want %v", i, got[i], want[i])
					}
				}
			}
		})
	}
}

func TestVariables(t *testing.T) {
	store := model.NewStore()
	evaluate(t, network(t, "bn.onnx", config()), store, first(t, 2))
	want := map[string]string{
		"/conv/weight": "(Float64)[4, 1, 3, 3]", "/bn/scale": "(Float64)[4]", "/bn/offset": "(Float64)[4]",
		"/bn/mean": "(Float64)[4]", "/bn/variance": "(Float64)[4]", "/fc/weight": "(Float64)[3, 16]",
		"/fc/bias": "(Float64)[3]", "/bn/updates": "(Int64)",
	}
	for v := range store.IterVariables() {
		if got := v.Shape().String(); got != want[v.Path()] {
			t.Errorf("variable %s of shape %s, want %q", v.Path(), got, want[v.Path()])
		}
		delete(want, v.Path())
		state := map[string]bool{"/bn/mean": true, "/bn/variance": true, "/bn/updates": true}[v.Path()]
		if v.Trainable == state {
			t.Errorf("variable %s is trainable: %v", v.Path(), v.Trainable)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing %v", want)
	}
}
