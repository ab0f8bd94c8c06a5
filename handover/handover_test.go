package handover_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/handover"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
)

// The mlp has three dense layers, each with weights and biases.
func ExampleRun_Export() {
	ctx := context.Background()
	engine, err := backend.Open(ctx, backend.Options{Name: "go"})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	r := recipe.Defaults("glyphs")
	r.Model, r.TrainSize, r.TestSize, r.Batch, r.Epochs = "mlp", 64, 32, 16, 1
	if err := r.SetMethod("sgd", nil); err != nil {
		log.Fatal(err)
	}
	if _, err := experiment.Run(ctx, engine, r, dir, experiment.Options{}); err != nil {
		log.Fatal(err)
	}
	run, err := handover.Open(engine, dir, "last", handover.Places{})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	arrays, err := run.Export(filepath.Join(dir, "net.safetensors"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(arrays, "arrays after", run.Step, "steps")
	// Output: 6 arrays after 4 steps
}

// Predictions of the test part are as accurate as the summary says; a snapshot that was not kept is not there.
func TestPredict(t *testing.T) {
	engine := testbackend.GoEngine(t)
	dir, s := testrun.Make(t, experiment.Run, engine, testrun.Tiny(t, "xsam"), experiment.Options{})
	run, err := handover.Open(engine, dir, "last", handover.Places{})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	var out strings.Builder
	p, err := run.Predict("", &out)
	if err != nil {
		t.Fatal(err)
	}
	if got := float64(p.Right) / float64(p.Examples); p.Examples != 30 || got != s.TestAccuracy.Float() {
		t.Errorf("%d of %d right, want %v", p.Right, p.Examples, s.TestAccuracy)
	}
	if lines := strings.Count(out.String(), "\n"); lines != 31 {
		t.Errorf("%d lines, want 31", lines)
	}
	rows, right := 0, 0
	err = run.Training(func(row int, label int32, p []float64) {
		if row != rows || math.Abs(floats.Sum(p)-1) > 1e-5 { // float32
			t.Errorf("row %d after %d with probabilities %v, want the next, and a sum of 1", row, rows-1, p)
		}
		if rows++; floats.MaxIdx(p) == int(label) {
			right++
		}
	})
	if got := float64(right) / float64(rows); err != nil || rows != 70 || got != s.TrainAccuracy.Float() {
		t.Errorf("%d of %d training labels right (%v), want %v of 70", right, rows, err, s.TrainAccuracy)
	}
	if _, err := run.Predict("npz:none.npz", &out); err == nil {
		t.Error("data of one's own is predicted by a run on a built-in set, want an error")
	}
	for _, checkpoint := range []string{"epoch:1", "epoch:x", "init"} {
		if _, err := handover.Open(engine, dir, checkpoint, handover.Places{}); err == nil {
			t.Errorf("checkpoint %s is opened, want an error", checkpoint)
		}
	}
}
