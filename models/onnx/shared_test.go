package onnx_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/models/onnx"
)

// rewritten is the file with other weights, read again.
func rewritten(t *testing.T, file *onnx.File, head string, values map[string]onnx.Values) (*onnx.File, []byte) {
	t.Helper()
	text, err := file.Rewrite(head, values)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "again.onnx")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := onnx.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return again, text
}

// Two batch norms share a scale and an offset, which are their variance and their mean too, as programs leave it that
// simplify files. Each gets weights and averages of its own, and so it is written.
func TestSharedNorms(t *testing.T) {
	const s, b = "one.weight", "one.bias"
	f := made{width: 1, opset: 15, constants: []constant{floats(s, 1), floats(b, 0)}, nodes: []operation{
		{"/one/BatchNormalization", "BatchNormalization", "x one.weight one.bias one.bias one.weight", "z", nil},
		{"/two/two.0/BatchNormalization", "BatchNormalization", "z one.weight one.bias one.bias one.weight", "y", nil}}}
	file := f.read(t)
	net, err := onnx.New(file, f.config(1))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{s: "one/scale", b: "one/offset", "one.running_mean": "one/mean",
		"one.running_var": "one/variance", "two.0.weight": "two/0/scale", "two.0.bias": "two/0/offset",
		"two.0.running_mean": "two/0/mean", "two.0.running_var": "two/0/variance"}
	for _, w := range net.Weights() {
		if w.Path != want[w.Name] {
			t.Errorf("weight %s is the variable %s, want %q", w.Name, w.Path, want[w.Name])
		}
		delete(want, w.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing %v", want)
	}
	again, _ := rewritten(t, file, "", map[string]onnx.Values{s: list{2}, b: list{1}, "one.running_mean": list{3},
		"one.running_var": list{4}, "two.0.weight": list{5}, "two.0.bias": list{6}, "two.0.running_mean": list{7},
		"two.0.running_var": list{8}})
	if net, err = onnx.New(again, f.config(1)); err != nil {
		t.Fatal(err)
	}
	z := 2*(9-3.0)/math.Sqrt(4+1e-5) + 1
	y := 5*(z-7)/math.Sqrt(8+1e-5) + 6
	if got := evaluate(t, net, model.NewStore(), row([]float64{9})); !near(got[0], []float64{y}) {
		t.Errorf("%v, want %v", got, y)
	}
}

// A file that has got a new layer can get another: in the place of the first, or after it. What nothing leads to any
// more is not written.
func TestHeadAgain(t *testing.T) {
	for _, f := range []made{{}, {double: true}, {version: 3, opset: 9}} {
		f.width = 2
		f.constants = []constant{{name: "fc.weight", dims: []int64{1, 2}, floats: []float64{1, 1}}}
		f.nodes = []operation{{"flat", "Flatten", "x", "f", nil},
			{"fc", "Gemm", "f fc.weight", "y", map[string]any{"transB": 1}}}
		third := 1.0 / 3 // which float32 would round
		head := map[string]onnx.Values{"xsam_head.weight": list{third, 2, 3, 4}, "xsam_head.bias": list{5, 6}}
		once, _ := rewritten(t, f.read(t), "flat", head)
		twice, text := rewritten(t, once, "flat", head)
		names := 2 // the weight, and the input of the node
		if f.version == 3 {
			names++ // the input of the graph
		}
		if got := bytes.Count(text, []byte("xsam_head.weight")); got != names || bytes.Contains(text, []byte("fc.weight")) {
			t.Errorf("%+v: the new weight is named %d times, want %d, and the old one is not there", f, got, names)
		}
		if got := twice.HeadFolder("xsam_head/Gemm"); got != "xsam_head_" {
			t.Errorf("a layer after the new one is %s, want xsam_head_", got)
		}
		after, _ := rewritten(t, twice, "xsam_head/Gemm", map[string]onnx.Values{
			"xsam_head.weight": head["xsam_head.weight"], "xsam_head.bias": head["xsam_head.bias"],
			"xsam_head_.weight": list{1, 10}, "xsam_head_.bias": list{100}})
		net, err := onnx.New(after, f.config(1))
		if err != nil {
			t.Fatal(err)
		}
		got := evaluate(t, net, model.NewStore(), row([]float64{3, 1}))[0][0]
		want, tolerance := (third*3+2+5)+10*(3*3+4+6)+100, 1e-6
		if f.double {
			tolerance = 1e-14
		}
		if math.Abs(got-want) > tolerance*want {
			t.Errorf("%+v: %v, want %v", f, got, want)
		}
	}
}
