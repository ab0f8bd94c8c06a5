package cli

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// A comparison goes on with the file that it began with and with no other.
func TestChangedNetwork(t *testing.T) {
	testbackend.SkipSlow(t)
	networks(t)
	line := "compare --model onnx:bn.onnx --methods sgd,xsam --seeds 1 --epochs 1 --train-size 16 --batch 16 --lambda-products 3 --out runs" +
		onShapes
	for _, tt := range []struct {
		args, want string
		code       int
	}{
		{line, "", exit.Done},
		{line + " --resume", "", exit.Done},
		{"curvature runs/xsam-seed0 --measure angle --examples 16 --backend go --quiet", "", exit.Done},
		{"change", "", exit.Done},
		{line + " --resume", "model_hash", exit.Failed},
		{"curvature runs/xsam-seed0 --measure angle --backend go --quiet --force", "has changed", exit.Failed},
		{"export runs/xsam-seed0 --to a.npz --backend go", "has changed", exit.Failed},
		{"export runs/xsam-seed0 --to a.npz --backend go --model-dir old", "", exit.Done},
	} {
		if tt.args == "change" {
			old, err := os.ReadFile("bn.onnx")
			if err != nil {
				t.Fatal(err)
			}
			put(t, ".", "old/bn.onnx", old)
			put(t, ".", "bn.onnx", bytes.Replace(old, []byte("pytorch"), []byte("another"), 1))
			continue
		}
		if _, stderr, code := xsam.Run(strings.Fields(tt.args)...); code != tt.code || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: exit %d: %s, want %d and %q", tt.args, code, stderr, tt.code, tt.want)
		}
	}
}
