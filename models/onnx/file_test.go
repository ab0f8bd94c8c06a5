package onnx_test

import (
	"bytes"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/models/onnx"
)

// The file is a convolution with 4 kernels of 3×3, one with 6 of 2×2, and a dense layer from 24 to 3.
func ExampleNew() {
	file, err := onnx.Read("testdata/cnn.onnx")
	if err != nil {
		log.Fatal(err)
	}
	net, err := onnx.New(file, config())
	if err != nil {
		log.Fatal(err)
	}
	for _, w := range net.Weights() {
		fmt.Println(w.Name, w.Path, w.Dims)
	}
	// Output:
	// conv1.weight conv1/weight [4 1 3 3]
	// conv1.bias conv1/bias [4]
	// conv2.weight conv2/weight [6 4 2 2]
	// conv2.bias conv2/bias [6]
	// fc.weight fc/weight [3 24]
	// fc.bias fc/bias [3]
}

// Whatever bytes change in a file, it is an error and no panic: reading it, and building the network.
func TestDamagedFiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), "net.onnx")
	for name, c := range map[string]onnx.Config{"cnn.onnx": config(), "bn.onnx": config(), "mlp.onnx": config(),
		"series.onnx": ofSeries()} {
		whole, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		built := 0
		for range 150 {
			damaged := bytes.Clone(whole)
			for range 1 + random.IntN(3) {
				damaged[random.IntN(len(damaged))] = byte(random.IntN(256))
			}
			if err := os.WriteFile(path, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if build(t, path, c) == nil { // a graph function panics with an error, which program turns into one line
				built++
			}
		}
		if built == 0 {
			t.Errorf("%s: no damaged file can be built, want those whose weights alone have changed", name)
		}
	}
}

// Random weights follow He et al.: a kernel of n inputs has variance 2/n; biases are zero, batch norm does nothing.
func TestRandomWeights(t *testing.T) {
	c := config()
	c.Random, c.Seed = true, 3
	store := model.NewStore()
	evaluate(t, network(t, "bn.onnx", c), store, first(t, 2))
	for path, want := range map[string]float64{"/bn/scale": 1, "/bn/offset": 0, "/bn/mean": 0, "/bn/variance": 1,
		"/fc/bias": 0} {
		for _, x := range valuesOf(t, store, path) {
			if x != want {
				t.Errorf("%s holds %v, want %v", path, x, want)
			}
		}
	}
	sum, values := 0.0, valuesOf(t, store, "/fc/weight")
	for _, x := range values {
		sum += x * x
	}
	// 48 draws: the mean square has a standard deviation of √(2/48) = 20 % of itself.
	if got, want := sum/float64(len(values)), 2.0/16; math.Abs(got-want) > 0.6*want {
		t.Errorf("mean square of fc.weight %v, want about %v", got, want)
	}
}

// Rewritten with the same weights, a file gives the same outputs, also one whose weights lay outside.
func TestRewrite(t *testing.T) {
	for _, name := range []string{"cnn.onnx", "outside.onnx", "bn.onnx"} {
		store := model.NewStore()
		net := network(t, name, config())
		want := evaluate(t, net, store, first(t, 2))
		file, err := onnx.Read(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		weights := map[string]onnx.Values{}
		for _, w := range net.Weights() {
			weights[w.Name] = list(valuesOf(t, store, "/"+w.Path))
		}
		text, err := file.Rewrite("", weights)
		if err != nil {
			t.Fatal(err)
		}
		if training := []byte("training_mode"); bytes.Contains(text, training) {
			t.Errorf("%s: what is written is in training form, want that for evaluation", name)
		} else if original, err := os.ReadFile(filepath.Join("testdata", name)); err != nil || name == "bn.onnx" &&
			!bytes.Contains(original, training) {
			t.Errorf("%s is not in training form, %v, and shows nothing", name, err)
		}
		path := filepath.Join(t.TempDir(), "net.onnx")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		again, err := onnx.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		rewritten, err := onnx.New(again, config())
		if err != nil {
			t.Fatal(err)
		}
		if got := evaluate(t, rewritten, model.NewStore(), first(t, 2)); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: logits %v, want %v", name, got, want)
		}
	}
}

// Notes say what is changed for training.
func TestNotes(t *testing.T) {
	for name, want := range map[string]string{"bn.onnx": "1 batch norms and 1 dropouts are in training form",
		"folded.onnx": "exported for evaluation has lost them", "fixed.onnx": "its batch size of 2 is not kept to"} {
		file, err := onnx.Read(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(file.Notes(""), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: notes %q, want %q", name, got, want)
		}
	}
}

// list are numbers as weights to write.
type list []float64

func (l list) Len() int            { return len(l) }
func (l list) Value(i int) float64 { return l[i] }

// valuesOf are the numbers of a variable.
func valuesOf(t *testing.T, store *model.Store, path string) (values []float64) {
	t.Helper()
	value, err := store.GetVariable(path).Value()
	if err == nil {
		err = value.ConstFlatData(func(flat any) { values = append(values, flat.([]float64)...) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// Exporters write where they ran into their files; testdata/strip.py takes it out.
func TestTestdataNamesNoMachine(t *testing.T) {
	files, err := filepath.Glob("testdata/*.onnx")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files (%v), want some", len(files), err)
	}
	for _, file := range files {
		contents, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if at := bytes.Index(contents, []byte(".py")); at >= 0 {
			t.Errorf("%s names a file of Python: %q", file, contents[max(0, at-60):at+3])
		}
	}
}
