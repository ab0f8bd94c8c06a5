package experiment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// A run whose record is broken is named and left out; the others are made, and the call fails.
func TestOneBrokenRecordStopsNoOther(t *testing.T) {
	testbackend.SkipSlow(t)
	engine := testbackend.GoEngine(t)
	recipes := []recipe.Recipe{testrun.Tiny(t, "sgd"), testrun.Tiny(t, "sam"), testrun.Tiny(t, "xsam")}
	another := recipes[0]
	another.LearningRate = 0.01
	other, _ := testrun.Make(t, Run, engine, another, Options{})
	rewrite := func(file string, change func(text string) string) func(dir string) error {
		return func(dir string) error {
			text, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, file), []byte(change(string(text))), 0o644)
		}
	}
	tests := []struct {
		name   string
		damage func(dir string) error
		want   string // part of the error, "" for a run that goes on
	}{
		{"a broken line", rewrite(runlog.MetricsFile, func(s string) string { return "{\n" + s }), "no valid record in line 1"},
		{"a changed digit", rewrite(runlog.MetricsFile, func(s string) string {
			return strings.Replace(s, `"step":8`, `"step":7`, 1)
		}), "metrics.jsonl: the checksum does not fit in line 2"},
		{"a changed digit of the recipe", rewrite(runlog.ConfigFile, func(s string) string {
			return strings.Replace(s, `"batch": 16`, `"batch": 15`, 1)
		}), "config.json cannot be read: it was changed after it was written"},
		{"an emptied file", rewrite(runlog.MetricsFile, func(string) string { return "" }), "or lines are gone"},
		{"an emptied file of a killed run", func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, runlog.SummaryFile)),
				os.Truncate(filepath.Join(dir, runlog.MetricsFile), 0))
		}, "records of 0 of the 2 epochs"},
		{"another run's records in a killed run", func(dir string) error {
			text, err := os.ReadFile(filepath.Join(other, runlog.MetricsFile))
			return errors.Join(err, os.Remove(filepath.Join(dir, runlog.SummaryFile)),
				os.WriteFile(filepath.Join(dir, runlog.MetricsFile), text, 0o644))
		}, "lacks the last record before its checkpoint"},
		{"no file", func(dir string) error { return os.Remove(filepath.Join(dir, runlog.MetricsFile)) }, "or lines are gone"},
		{"a lost line", rewrite(runlog.MetricsFile, func(s string) string {
			_, rest, _ := strings.Cut(s, "\n")
			return rest
		}), "the checksum does not fit in line 1"},
		{"a broken recipe", rewrite(runlog.ConfigFile, func(s string) string { return s[:20] }), "no valid recipe"},
		{"a broken summary", rewrite(runlog.SummaryFile, func(s string) string { return s[:20] }), ""},
		{"a changed digit of the summary", rewrite(runlog.SummaryFile, func(s string) string {
			return strings.Replace(s, `"steps": `, `"steps": 1`, 1)
		}), ""},
		{"another run's summary", rewrite(runlog.SummaryFile, func(s string) string {
			return strings.Replace(s, `"seed": 0`, `"seed": 1`, 1)
		}), ""},
		{"a broken measurement", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, runlog.MeasurementsFile), []byte("{\n"), 0o644)
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := t.TempDir()
			dirs := recipe.Dirs(out, recipes)
			if err := os.CopyFS(dirs[0], os.DirFS(stopped(t, recipes[0], 0))); err != nil {
				t.Fatal(err)
			}
			if err := tt.damage(dirs[0]); err != nil {
				t.Fatal(err)
			}
			var warnings []string
			o := Options{Existing: Resume, Warn: func(w string) { warnings = append(warnings, w) }}
			runs, err := RunAll(context.Background(), engine, recipes, dirs, o)
			want := 2
			if tt.want == "" {
				want = 3
			}
			if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) ||
				!strings.Contains(err.Error(), dirs[0]) || strings.Contains(err.Error(), "\n")) || len(runs) != want {
				t.Errorf("%d runs, error %v, want %d, and %q in one line with the directory", len(runs), err, want, tt.want)
			}
			if !strings.Contains(strings.Join(warnings, "\n"), dirs[0]) {
				t.Errorf("warnings %q, want one about %s", warnings, dirs[0])
			}
			for _, r := range runs {
				if !r.Finished {
					t.Errorf("run %+v is not finished", r)
				}
			}
		})
	}
}
