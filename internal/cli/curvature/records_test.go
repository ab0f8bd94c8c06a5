package curvature

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/runlog"
)

// linesContext is over as soon as a file has so many lines: an interruption at a known place.
type linesContext struct {
	context.Context
	path  string
	lines int
}

func (c linesContext) Err() error {
	if content, err := os.ReadFile(c.path); err == nil && bytes.Count(content, []byte{'\n'}) >= c.lines {
		return context.Canceled
	}
	return nil
}

func TestCurvatureInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, _ := trained(t)
	args := []string{"curvature", dir, "--backend", "go", "--quiet", "--measure", "trace,frobenius,sharpness",
		"--probes", "6"}
	records := filepath.Join(dir, runlog.MeasurementsFile)
	var stdout, stderr bytes.Buffer
	code := xsam.Start(linesContext{context.Background(), records, 1}, &stdout, &stderr, args...)
	if code != exit.Interrupted || stdout.Len() > 0 || !strings.Contains(stderr.String(),
		"1 finished measurements are in "+records) {
		t.Fatalf("exit %d, stdout %q, stderr %q, want 130 and that one measurement is saved", code, stdout.String(),
			stderr.String())
	}
	first, err := os.ReadFile(records)
	if err != nil {
		t.Fatal(err)
	}
	xsam.Done(t, args...)
	all, err := os.ReadFile(records)
	if err != nil || !bytes.HasPrefix(all, first) || bytes.Count(all, []byte{'\n'}) != 3 {
		t.Errorf("records %s (%v), want the first one kept and two more", all, err)
	}
}

func TestCurvatureOfBrokenRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, _ := trained(t)
	tests := []struct {
		name   string
		damage func(t *testing.T) error
		want   string
	}{
		{"a line of curvature.jsonl", func(*testing.T) error {
			return os.WriteFile(filepath.Join(dir, runlog.MeasurementsFile), []byte("{\n{}\n"), 0o644)
		}, "curvature.jsonl: no valid record in line 1"},
		{"no checkpoint", func(*testing.T) error { return os.RemoveAll(runlog.Checkpoints(dir)) }, "no whole checkpoint"},
		{"a recipe of nothing", func(*testing.T) error {
			return os.WriteFile(filepath.Join(dir, runlog.ConfigFile), []byte("{}"), 0o644)
		}, "names no method: want the config.json of a run"},
		{"a torn config.json", func(*testing.T) error {
			return os.WriteFile(filepath.Join(dir, runlog.ConfigFile), []byte(`{"method":`), 0o644)
		}, "is no valid recipe"},
	}
	for _, tt := range tests {
		if err := tt.damage(t); err != nil {
			t.Fatal(err)
		}
		_, stderr, code := xsam.Run("curvature", dir, "--backend", "go", "--quiet")
		if code != exit.Failed || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: exit %d, stderr %q, want a failure with %q", tt.name, code, stderr, tt.want)
		}
		if err := os.Remove(filepath.Join(dir, runlog.MeasurementsFile)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}
