package main

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/stepcost"
)

func TestFit(t *testing.T) {
	exact := fit([]float64{1, 2, 4}, []float64{5, 7, 11})
	if math.Abs(exact.offset-3) > 1e-12 || math.Abs(exact.slope-2) > 1e-12 || exact.worst > 1e-12 {
		t.Errorf("3 + 2n: %+v", exact)
	}
	bent := fit([]float64{1, 2, 3}, []float64{1, 4, 9})
	if !(bent.worst > 0.05) {
		t.Errorf("n²: the largest deviation is %v, want more than 5 %%", bent.worst)
	}
}

// One question with two small points, through to the picture.
func TestAnswer(t *testing.T) {
	engine := &backend.Engine{Backend: testbackend.Go(t), Name: "go"}
	q := question{
		name: "batch", title: "Small", axis: "images", points: []point{{2, 2, [3]int{2, 2, 1}}, {2, 4, [3]int{2, 2, 1}}},
		number: func(p point, _ *stepcost.Result) float64 { return float64(p.batch) },
	}
	o := options{bench: stepcost.Options{Rounds: 1, Steps: 1, Warmup: 1}, out: t.TempDir()}
	var stdout, stderr bytes.Buffer
	if err := q.answer(context.Background(), engine, o, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"images  sgd", "\n2 ", "\n4 ", "xsam    "} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("output %q lacks %q", &stdout, want)
		}
	}
	if _, err := os.Stat(filepath.Join(o.out, "cost-by-batch.svg")); err != nil {
		t.Error(err)
	}
}

func TestRunRefuses(t *testing.T) {
	for _, args := range [][]string{{"--rounds", "0", "--backend", "go"}, {"more"}, {"--no-such-flag"}} {
		if err := run(context.Background(), args, &bytes.Buffer{}, &bytes.Buffer{}); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

// A folder for the pictures that cannot be made is told before anything is measured, one that is not there is made.
func TestFolderForThePictures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if err := run(context.Background(), []string{"--backend", "go", "--out", filepath.Join(file, "pictures")},
		&bytes.Buffer{}, &stderr); err == nil || stderr.Len() > 0 {
		t.Errorf("error %v, progress %q: want an error and no progress", err, stderr.String())
	}
	out := filepath.Join(t.TempDir(), "a", "b")
	_ = run(context.Background(), []string{"--backend", "go", "--rounds", "0", "--out", out}, &bytes.Buffer{},
		&bytes.Buffer{}) // no rounds: refused
	if _, err := os.Stat(out); err != nil {
		t.Error(err)
	}
}
