package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/stepcost"
)

func TestDenseLayers(t *testing.T) {
	// Two inputs, one hidden unit, two outputs; the store keeps biases before weights.
	parameters := []curvature.Parameter{
		{Path: "/a/biases", Dimensions: []int{1}, Offset: 0, Size: 1},
		{Path: "/a/weights", Dimensions: []int{2, 1}, Offset: 1, Size: 2},
		{Path: "/b/biases", Dimensions: []int{2}, Offset: 3, Size: 2},
		{Path: "/b/weights", Dimensions: []int{1, 2}, Offset: 5, Size: 2},
	}
	layers, ordered, err := denseLayers(parameters, []float64{10, 11, 12, 20, 21, 22, 23})
	if err != nil || fmt.Sprint(layers, ordered) != "[[2 1] [1 2]] [11 12 10 22 23 20 21]" {
		t.Errorf("denseLayers = %v %v (%v), want weights before biases", layers, ordered, err)
	}
	if _, _, err := denseLayers(parameters[:3], make([]float64, 7)); err == nil {
		t.Error("a layer without weights: no error")
	}
}

func TestOurSpectrumIsExported(t *testing.T) {
	t.Setenv("GOMLX_BACKEND", "go")
	set := stepcost.RandomImages(2, 2, 1, 3, 8, 1)
	s := curvatureSetting{Examples: 8, K: 2, Tolerance: 1e-6, Samples: 10}
	found, weights, err := ourSpectrum(context.Background(), set, &s, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	// 4·128 + 128 + 128·128 + 128 + 128·3 + 3 parameters.
	if len(weights) != 17539 || len(s.Layers) != 3 || s.Layers[0] != [2]int{4, 128} || len(found.Eigenvalues) != 2 ||
		found.Products < 2 {
		t.Errorf("%d weights in layers %v, spectrum %+v: want 17539 in three, and two eigenvalues", len(weights), s.Layers,
			found)
	}
	dir := t.TempDir()
	if err := export(dir, s, weights, set); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int64{"weights.bin": 8 * 17539, "images.bin": 8 * 32, "labels.bin": 4 * 8} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() != size {
			t.Errorf("%s: %v (%v), want %d bytes", name, info, err, size)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "setting.json"))
	var read curvatureSetting
	if err != nil || json.Unmarshal(text, &read) != nil || read.K != 2 || len(read.Layers) != 3 {
		t.Errorf("setting.json %s (%v), want what was set", text, err)
	}
}

func TestWriteSpectra(t *testing.T) {
	found := map[string]spectrum{
		ourName:     {Eigenvalues: []float64{4, 2}, Trace: 10, TraceError: 3},
		"PyHessian": {Eigenvalues: []float64{4, 2.002}, Trace: 15, TraceError: 4},
	}
	var out bytes.Buffer
	if err := writeSpectra(&out, found, "digits", curvatureSetting{}); err != nil {
		t.Fatal(err)
	}
	// 0.002 of 2; 5 over the root of 3² + 4².
	if want := "eigenvalues apart by 1.0e-03 at most, relatively; traces by 1.0 standard " +
		"errors"; !strings.Contains(out.String(), want) {
		t.Errorf("%s\nwant %q in it", out.String(), want)
	}
	if apart, err := farthest([]float64{1}, []float64{1, 2}); err == nil {
		t.Errorf("lists of unequal length are %v apart, want an error", apart)
	}
	if apart, _ := farthest([]float64{-2}, []float64{2}); math.Abs(apart-2) > 1e-15 {
		t.Errorf("-2 and 2 are %v apart, want 2", apart)
	}
}
