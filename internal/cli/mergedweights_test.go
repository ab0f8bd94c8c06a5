package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// A residual network whose equal weights were merged, with groups, ReLU6, SiLU and overlapping pooling, loses what it
// does in PyTorch, in float32 there, with either way to take batch norm; and all its weights come back.
func TestMergedWeights(t *testing.T) {
	networks(t)
	text, err := os.ReadFile("merged.json")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for norm, loss := range want {
		stdout := xsam.Done(t, strings.Fields("curvature --model onnx:merged.onnx"+onShapes+" --measure "+
			"trace --probes 3 --examples 96 --batch 96 --format json --norm "+norm)...)
		var got struct{ Measurements []runlog.Measurement }
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Fatalf("%v in %s", err, stdout)
		}
		if is := got.Measurements[0].Loss.Float(); math.Abs(is-loss) > 1e-5 {
			t.Errorf("--norm %s: loss %v, want %v", norm, is, loss)
		}
	}
	s := summaryOf(t, "--model onnx:merged.onnx --epochs 1 --dtype float32")
	before := arraysOf(t, "runs/sgd-seed0")
	if len(before) != 13 {
		t.Errorf("%d arrays, want 13", len(before))
	}
	xsam.Done(t, "export", "runs/sgd-seed0", "--to", "new.onnx", "--backend", "go")
	summaryOf(t, "--model onnx:new.onnx --epochs 1 --lr 1e-30 --dtype float32 --train fc")
	for name, a := range arraysOf(t, "runs/sgd-seed0") {
		average := strings.Contains(name, "running")
		if !average && !bytes.Equal(a.Bytes, before[name].Bytes) {
			t.Errorf("%s has changed on its way through a file", name)
		}
	}
	if s.Parameters != 40+8+72+8+15 {
		t.Errorf("%d parameters, want 143", s.Parameters)
	}
}
