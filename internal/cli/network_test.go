package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models/weights"
	"github.com/xsam-go/xsam/runlog"
)

// pytorch is what PyTorch says of a network, of models/onnx/testdata/make.py.
func pytorch(t *testing.T, name string) (of struct {
	Loss        float64
	Eigenvalues []float64
	Losses      []float64
	Accuracy    float64 `json:"test_accuracy"`
}) {
	t.Helper()
	text, err := os.ReadFile("golden.json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(all[name], &of); err != nil {
		t.Fatal(err)
	}
	return of
}

const (
	onShapes  = " --data npz:shapes.npz --test-size 48 --backend go --quiet"
	wholeData = onShapes + " --batch 96 --method sgd --lr 0.1 --momentum 0 --weight-decay 0 --schedule constant " +
		"--lambda-products 0 --format json --dtype float64 --force --out runs"
)

// The largest eigenvalues are those of the dense Hessian that PyTorch makes, to the tolerance of the search: with even
// kernels and max pooling, with batch norm as in training, with layer norm and GELU.
func TestCurvatureOfNetworks(t *testing.T) {
	networks(t)
	for _, name := range []string{"cnn", "bn-only", "mlp"} {
		t.Run(name, func(t *testing.T) {
			if name != "cnn" {
				testbackend.SkipSlow(t)
			}
			stdout, stderr, code := xsam.Run(strings.Fields("curvature --model onnx:" + name + ".onnx" + onShapes +
				" --measure " +
				"spectrum --top 3 --examples 96 --batch 96 --tolerance 1e-6 --dtype float64 --format json")...)
			var got struct{ Measurements []runlog.Measurement }
			if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exit.Done {
				t.Fatalf("exit %d: %s%s", code, stdout, stderr)
			}
			want := pytorch(t, name)
			values := got.Measurements[0].Spectrum.Values
			for i, w := range want.Eigenvalues {
				if math.Abs(values[i].Float()-w) > 1e-4*w {
					t.Errorf("eigenvalue %d is %v, want %v", i+1, values[i], w)
				}
			}
			if loss := got.Measurements[0].Loss.Float(); math.Abs(loss-want.Loss) > 1e-6 {
				t.Errorf("loss %v, want %v", loss, want.Loss)
			}
		})
	}
}

// A network of series has the eigenvalues of the dense Hessian that PyTorch makes, with batch norm as in training, and
// learns.
func TestSeries(t *testing.T) {
	networks(t)
	text, err := os.ReadFile("series.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Loss        float64
		Eigenvalues []float64
	}
	if err := json.Unmarshal(text, &want); err != nil || len(want.Eigenvalues) != 3 {
		t.Fatal(err, want)
	}
	stdout := xsam.Done(t, strings.Fields("curvature --data npz:series.npz --model onnx:series.onnx --measure spectrum "+
		"--top 3 --examples 60 --batch 60 --tolerance 1e-6 --dtype float64 --backend go --quiet --format json")...)
	var got struct{ Measurements []runlog.Measurement }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	for i, w := range want.Eigenvalues {
		if value := got.Measurements[0].Spectrum.Values[i].Float(); !(math.Abs(value-w) < 1e-5*w) {
			t.Errorf("eigenvalue %d is %v, want %v", i+1, value, w)
		}
	}
	if loss := got.Measurements[0].Loss.Float(); !(math.Abs(loss-want.Loss) < 1e-6) { // series in float32
		t.Errorf("loss %v, want %v", loss, want.Loss)
	}
	stdout = xsam.Done(t, strings.Fields("train --data npz:series.npz --model onnx:series.onnx --method xsam --epochs 30 "+
		"--lambda-products 0 --backend go --quiet --format json --out runs")...)
	var s runlog.Summary
	if err := json.Unmarshal([]byte(stdout), &s); err != nil || !(s.TestAccuracy.Float() > 0.8) {
		t.Errorf("test accuracy %v, %v, want above 0.8, where chance is a third", s.TestAccuracy, err)
	}
	xsam.Done(t, "export", "runs/xsam-seed0", "--to", "trained.onnx", "--backend", "go")
	again := xsam.Done(t, strings.Fields("train --data npz:series.npz --model onnx:trained.onnx --method sgd --epochs 1 "+
		"--lr 1e-30 --lambda-products 0 --backend go --quiet --format json --out again")...)
	if err := json.Unmarshal([]byte(again), &s); err != nil || !(s.TestAccuracy.Float() > 0.8) {
		t.Errorf("test accuracy of the exported network %v, %v, want above 0.8", s.TestAccuracy, err)
	}
}

// summaryOf runs xsam train and returns its summary.
func summaryOf(t *testing.T, flags string) (s runlog.Summary) {
	t.Helper()
	stdout := xsam.Done(t, strings.Fields("train"+wholeData+" "+flags)...)
	if err := json.Unmarshal([]byte(stdout), &s); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	return s
}

// Plain descent on the whole set is what a loop in PyTorch does; pixels are rounded to float32 here and there.
func TestTrainingOfNetworks(t *testing.T) {
	networks(t)
	want := pytorch(t, "cnn").Losses
	if got := summaryOf(t, "--model onnx:cnn.onnx --epochs 4").TrainLoss.Float(); math.Abs(got-want[4]) > 1e-5 {
		t.Errorf("loss after 4 steps %v, want %v", got, want[4])
	}
	if got := summaryOf(t, "--model onnx:bn.onnx --init random --epochs 1").Parameters; got != 36+8+51 {
		t.Errorf("bn.onnx has %d parameters, want 95", got)
	}
}

// arraysOf exports a run and reads it.
func arraysOf(t *testing.T, dir string) map[string]weights.Array {
	t.Helper()
	xsam.Done(t, "export", dir, "--to", "out.safetensors", "--backend", "go")
	arrays, err := weights.Read("out.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	return arrays
}

// A new head on a frozen backbone trains as in PyTorch, where both begin with zeros; the backbone keeps its bits.
func TestNewHead(t *testing.T) {
	networks(t)
	summaryOf(t, "--model onnx:cnn.onnx --epochs 1 --lr 1e-30 --dtype float32")
	before := arraysOf(t, "runs/sgd-seed0")
	var named []weights.Named
	for _, name := range []string{"conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"} {
		named = append(named, weights.Named{Name: name, Array: before[name]})
	}
	named = append(named, weights.Named{Name: "xsam_head.weight", Array: weights.Array{Dims: []int{3, 24},
		Bytes: make([]byte, 4*72)}}, weights.Named{Name: "xsam_head.bias", Array: weights.Array{Dims: []int{3},
		Bytes: make([]byte, 12)}})
	file, err := weights.Encode("begin.safetensors", named, nil)
	if err != nil {
		t.Fatal(err)
	}
	put(t, ".", "begin.safetensors", file)
	want := pytorch(t, "head")
	s := summaryOf(t, "--model onnx:cnn.onnx --head /Flatten --freeze conv* --weights safetensors:begin.safetensors "+
		"--epochs 19 --dtype float32")
	if math.Abs(s.TrainLoss.Float()-want.Losses[19]) > 1e-4 || s.Parameters != 75 {
		t.Errorf("loss %v with %d parameters, want %v with 75", s.TrainLoss, s.Parameters, want.Losses[19])
	}
	after := arraysOf(t, "runs/sgd-seed0")
	for name, a := range after {
		moved := !bytes.Equal(a.Bytes, before[name].Bytes)
		if head := strings.HasPrefix(name, "xsam_head"); moved != head {
			t.Errorf("%s has changed: %v, want %v", name, moved, head)
		}
	}
	if len(after) != 6 {
		t.Errorf("%d arrays, want those of two convolutions and of the head", len(after))
	}
	// The file with the new head is a network itself, with the same outcome.
	xsam.Done(t, "export", "runs/sgd-seed0", "--to", "new.onnx", "--backend", "go")
	again := summaryOf(t, "--model onnx:new.onnx --epochs 1 --lr 1e-30 --dtype float32")
	if math.Abs(again.TrainLoss.Float()-s.TrainLoss.Float()) > 1e-6 || again.TestAccuracy != s.TestAccuracy {
		t.Errorf("the exported network has loss %v and accuracy %v, want %v and %v", again.TrainLoss, again.TestAccuracy,
			s.TrainLoss, s.TestAccuracy)
	}
}

// Weights that were exported and are read again give the same accuracy, for a network in a file and a built-in one.
func TestExportedWeights(t *testing.T) {
	testbackend.SkipSlow(t)
	networks(t)
	for _, model := range []string{"onnx:bn.onnx", "cnn"} {
		first := summaryOf(t, "--epochs 3 --model "+model)
		arraysOf(t, "runs/sgd-seed0")
		_, stderr, code := xsam.Run(strings.Fields("predict runs/sgd-seed0 --to p.csv --backend go")...)
		if want := fmt.Sprintf("48 examples, %.2f %% as labelled", 100*first.TestAccuracy.Float()); code != exit.Done ||
			!strings.Contains(stderr, want) {
			t.Errorf("%s: predict: exit %d: %s, want %s", model, code, stderr, want)
		}
		text, err := os.ReadFile("p.csv")
		if lines := bytes.Count(text, []byte("\n")); err != nil || lines != 49 {
			t.Errorf("%d lines, want 49 (%v)", lines, err)
		}
		again := summaryOf(t, "--epochs 1 --lr 1e-30 --weights safetensors:out.safetensors --model "+model)
		if again.TestAccuracy != first.TestAccuracy && model == "cnn" { // an epoch moves the averages of batch norm
			t.Errorf("%s: accuracy %v with the exported weights, want %v", model, again.TestAccuracy, first.TestAccuracy)
		}
		for _, to := range []string{"out.npz", "out.onnx"} {
			_, stderr, code := xsam.Run("export", "runs/sgd-seed0", "--to", to, "--backend", "go")
			if fails := to == "out.onnx" && model == "cnn"; (code == exit.Done) == fails {
				t.Errorf("%s to %s: exit %d: %s", model, to, code, stderr)
			}
		}
	}
}
