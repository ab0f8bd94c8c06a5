package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// TestTable: λmax counts from the last third on, and at the end; a run that is not finished is named.
func TestTable(t *testing.T) {
	out := t.TempDir()
	write := func(name, method string, bound float64, finished bool) {
		dir := filepath.Join(out, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		err := runlog.WriteConfig(dir, map[string]any{"method": method, "seed": 0, "epochs": 30, "lambda_bound": bound,
			"lambda_tolerance": 0.01})
		if err != nil {
			t.Fatal(err)
		}
		var lines bytes.Buffer
		for _, line := range []string{
			`{"kind":"curvature","step":20,"epoch":20,"lambda_max":90,"lambda_residual":0.5}`,
			`{"kind":"curvature","step":24,"epoch":24,"lambda_max":3,"lambda_residual":0.001}`,
			`{"kind":"curvature","step":28,"epoch":28,"lambda_max":2,"lambda_residual":0.001}`,
		} {
			lines.WriteString(line + "\n")
		}
		if err := os.WriteFile(filepath.Join(dir, "metrics.jsonl"), lines.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		if !finished {
			return
		}
		err = runlog.WriteSummary(dir, runlog.Summary{Method: method, Finished: true, TestAccuracy: runlog.Num(0.5),
			LambdaMax: runlog.Num(1)})
		if err != nil {
			t.Fatal(err)
		}
	}
	write("a-seed0", "sam", 0, true)
	write("b-seed0", "xsam:max-lambda=4", 4, true)
	write("c-seed0", "xsam:max-lambda=2", 2, false)
	var got strings.Builder
	if err := table(&got, out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"c-seed0 is not finished", "| sam | 1 | 50", "| xsam:max-lambda=4 | 1 | 50", "| 0.75 |"} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("no %q in\n%s", want, got.String())
		}
	}
}
