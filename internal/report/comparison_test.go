package report

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/internal/report/internal/fixture"
	"github.com/xsam-go/xsam/runlog"
)

// Whatever is broken costs a message that names the file, and not the page.
func TestBrokenRuns(t *testing.T) {
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   []string // on the page
		runs   int
	}{
		{"no summary", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "xsam-seed0", runlog.SummaryFile)) },
			[]string{"seed 0 is not finished and left out: it has no summary.json", "Runs are missing yet"}, 6},
		{"broken summary", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "xsam-seed0", runlog.SummaryFile), "{")
		},
			[]string{"xsam-seed0/summary.json cannot be read and the run counts as unfinished",
				"seed 0 is not finished and left out: its summary.json cannot be read"}, 6},
		{"broken line of metrics", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "sam-seed1", runlog.MetricsFile),
				"{\"kind\":\"train\",\"step\":1,\"epoch\":1,\"loss\":1}\nnonsense\n{\"kind\":\"train\",\"step\":2,\"epoch\":2,\"loss\":1}\n")
		}, []string{"sam-seed1/metrics.jsonl: no valid record in line 2, left out"}, 6},
		{"a line that was cut off", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "sam-seed1", runlog.MetricsFile),
				"{\"kind\":\"train\",\"step\":1,\"epoch\":1,\"loss\":1}\n{\"kind\":\"tra")
		}, []string{"sam-seed1/metrics.jsonl: line 2 was cut off, though the run has finished"}, 6},
		{"broken config", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "sgd-seed0", runlog.ConfigFile), "nonsense")
		},
			[]string{"sgd-seed0/config.json is no valid recipe", "the run is left out"}, 5},
		{"a config of something else", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "sgd-seed0", runlog.ConfigFile), "{}")
		},
			[]string{"sgd-seed0/config.json names no method: want the config.json of a run: the run is left out"}, 5},
		{"metrics that are a folder", func(t *testing.T, dir string) {
			file := filepath.Join(dir, "sgd-seed0", runlog.MetricsFile)
			os.Remove(file)
			os.Mkdir(file, 0o755)
		}, []string{"sgd-seed0/metrics.jsonl is no regular file"}, 6},
		{"metrics that are a pipe", func(t *testing.T, dir string) {
			file := filepath.Join(dir, "sgd-seed0", runlog.MetricsFile)
			os.Remove(file)
			if err := exec.Command("mkfifo", file).Run(); err != nil {
				t.Skipf("this system cannot make such a file: %v", err)
			}
		}, []string{"sgd-seed0/metrics.jsonl is no regular file"}, 6},
		{"a huge sparse file of curvature", func(t *testing.T, dir string) {
			file := filepath.Join(dir, "sgd-seed0", runlog.MeasurementsFile)
			fixture.Damage(t, file, "")
			if err := os.Truncate(file, 1<<40); err != nil {
				t.Skipf("this system cannot make such a file: %v", err)
			}
		}, []string{"sgd-seed0/curvature.jsonl has 1099511627776 bytes: want 67108864 at most"}, 6},
		{"broken line of curvature", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "sgd-seed0", runlog.MeasurementsFile), "[]\n")
		},
			[]string{"sgd-seed0/curvature.jsonl: no valid record in line 1"}, 6},
		{"measurements without their parts", func(t *testing.T, dir string) {
			for _, m := range []string{"spectrum", "trace", "frobenius", "density", "angle", "sharpness", "layers",
				"landscape"} {
				if err := runlog.AppendMeasurement(filepath.Join(dir, "sgd-seed0"), runlog.Measurement{Measure: m,
					Operator: "hessian", Step: 1, Reason: "limit"}); err != nil {
					t.Fatal(err)
				}
			}
		}, []string{"sgd-seed0: spectrum of the hessian at step 1 did not converge: limit"}, 6},
		{"nothing but a config", func(t *testing.T, dir string) {
			for _, f := range []string{runlog.MetricsFile, runlog.SummaryFile} {
				os.Remove(filepath.Join(dir, "sgd-seed0", f))
			}
		}, []string{"not finished"}, 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:3], Seeds: 2, Epochs: 3})
			tt.damage(t, dir)
			c := load(t, dir)
			page := words(pageOf(t, Options{}, c))
			if len(c.Runs) != tt.runs {
				t.Errorf("%d runs, want %d", len(c.Runs), tt.runs)
			}
			for _, w := range tt.want {
				if !strings.Contains(page, w) {
					t.Errorf("%q is not on the page", w)
				}
			}
		})
	}
}

// Of several measurements with the same settings the newest counts, and parts of interrupted ones do not.
func TestTheNewestMeasurementsCount(t *testing.T) {
	dir := t.TempDir()
	fixture.Write(t, dir, fixture.Runs{Methods: []string{"sam"}, Seeds: 1, Epochs: 2})
	runs, err := runlog.List(os.DirFS(dir), ".")
	if err != nil || len(runs) == 0 {
		t.Fatalf("runs %v (%v)", runs, err)
	}
	run := filepath.Join(dir, runs[0])
	before := len(Load(os.DirFS(dir), "before", runs[:1]).Runs[0].Measurements)
	trace := func(value float64, reason string) {
		m := runlog.Measurement{Measure: runlog.MeasureTrace, Seed: 77, Reason: reason,
			Trace: &runlog.Estimate{Value: runlog.Num(value)}}
		if err := runlog.AppendMeasurement(run, m); err != nil {
			t.Fatal(err)
		}
	}
	trace(1, "")
	trace(2, "")
	after := Load(os.DirFS(dir), "after", runs[:1]).Runs[0].Measurements
	if len(after) != before+1 || after[before].Trace.Value.Float() != 2 {
		t.Errorf("%d measurements, before %d: want one more, the newer", len(after), before)
	}
	trace(3, runlog.ReasonInterrupted)
	if after = Load(os.DirFS(dir), "after", runs[:1]).Runs[0].Measurements; len(after) != before+1 ||
		after[before].Trace.Value.Float() != 2 {
		t.Errorf("%d measurements: want %d, without what an interruption left", len(after), before+1)
	}
}

// Runs of the earlier form of xsam-paper have one name wherever runs are shown.
func TestTheEarlierFormHasItsOwnName(t *testing.T) {
	const name = "xsam-paper (raw c)"
	dir := fixture.Write(t, t.TempDir(), fixture.Runs{Methods: []string{"sam", "xsam-paper"}, Seeds: 2, Epochs: 3})
	for seed := range int64(2) {
		config := map[string]any{
			"method": "xsam-paper", "seed": seed, "correction": "paper",
			"epochs": 3, "data": "digits", "model": "mlp", "batch": 64, "label_noise": 0.2,
		}
		run := filepath.Join(dir, runlog.Name("xsam-paper", seed))
		was, err := runlog.ReadRun(run)
		if err == nil {
			err = errors.Join(runlog.WriteConfig(run, config), runlog.WriteSummary(run, was.Summary))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	runs, err := runlog.ReadRuns(dir)
	if err != nil {
		t.Fatal(err)
	}
	var table, verdicts, md bytes.Buffer
	if err := compare.New(runlog.Summaries(runs), compare.Options{}).WriteText(&table); err != nil {
		t.Fatal(err)
	}
	findings, err := claims.Judge(runs)
	if err == nil {
		err = claims.WriteText(&verdicts, findings)
	}
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, dir)
	if err := WriteMarkdown(&md, []*Comparison{c}, Options{}); err != nil {
		t.Fatal(err)
	}
	page := words(pageOf(t, Options{}, c))
	for where, text := range map[string]string{
		"table": table.String(), "verdicts": verdicts.String(), "page": page, "Markdown": md.String(),
		"claims on the page": page[strings.Index(page, "The paper's claims"):strings.Index(page, "Methods")],
	} {
		if n := strings.Count(text, name); n == 0 || n != strings.Count(text, "xsam-paper") {
			t.Errorf("the %s: %q %d times, want it wherever xsam-paper stands:\n%s", where, name, n, text)
		}
	}
}
