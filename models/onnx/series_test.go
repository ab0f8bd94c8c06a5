package onnx_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models/onnx"
)

// ofSeries is for the series of testdata/series.npz, which are read as images of one channel.
func ofSeries() onnx.Config {
	return onnx.Config{Height: 2, Width: 20, Channels: 1, Outputs: 3, DType: dtypes.Float64}
}

// Convolutions, poolings and batch norm over series are those of PyTorch.
func TestSeries(t *testing.T) { checkLogits(t, "series", ofSeries()) }

// Strides and dilations of convolutions and strides of poolings may differ by axis.
func TestStrides(t *testing.T) {
	checkLogits(t, "strides", onnx.Config{Height: 8, Width: 16, Channels: 1, Outputs: 3, DType: dtypes.Float64})
}

// checkLogits compares with what PyTorch says of a network, NAME.onnx with weights in float32, for the inputs in
// NAME.json.
func checkLogits(t *testing.T, name string, c onnx.Config) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Inputs [][][][]float64
		Logits [][]float64
	}
	if err := json.Unmarshal(text, &want); err != nil || len(want.Logits) == 0 {
		t.Fatal(err, want)
	}
	got := evaluate(t, network(t, name+".onnx", c), model.NewStore(), want.Inputs)
	for i := range want.Logits {
		for j := range want.Logits[i] {
			if math.Abs(got[i][j]-want.Logits[i][j]) > 2e-6 {
				t.Fatalf("example %d: logits %v, want %v", i, got[i], want.Logits[i])
			}
		}
	}
}

// What no network here can be is refused: by the input, or by the node.
func TestRefused(t *testing.T) {
	colour, wide := ofSeries(), ofSeries()
	colour.Channels, wide.Height, wide.Width = 3, 20, 2
	for _, tt := range []struct {
		file string
		c    onnx.Config
		want string
	}{
		{"two.onnx", config(), "it has 2 inputs (image, more): want one"},
		{"tokens.onnx", config(), "its input image is of type number 7: want floating-point numbers"},
		{"volume.onnx", config(), "(Conv) cannot be trained: it got (Float64)[2, 1, 1, 8, 8]: want images"},
		{"series.onnx", colour, "its input series is [-1 2 20] (batch, then channels and length), the examples are 2×20×3"},
		{"series.onnx", wide, "want the same; series are npz arrays [n, channels, length]"},
	} {
		err := build(t, filepath.Join("testdata", tt.file), tt.c)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", tt.file, err, tt.want)
		}
	}
}

// build reads a file and builds its network.
func build(t *testing.T, path string, c onnx.Config) error {
	t.Helper()
	file, err := onnx.Read(path)
	if err != nil {
		return err
	}
	net, err := onnx.New(file, c)
	if err != nil {
		return err
	}
	g := graph.NewGraph(testbackend.Go(t), "build")
	defer g.Finalize()
	store := model.NewStore()
	defer store.Finalize()
	return exceptions.TryCatch[error](func() {
		x := graph.IotaFull(g, shapes.Make(c.DType, 2, c.Height, c.Width, c.Channels))
		net.Graph(store.RootScope(), nil, []*graph.Node{x})
	})
}
