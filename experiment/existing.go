package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/xsam-go/xsam/internal/checkpoint"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// admit checks that the run may go to dir, and changes nothing there. It returns a summary when there is nothing left
// to do.
func (q *queue) admit(r recipe.Recipe, dir string) (*runlog.Summary, error) {
	var old recipe.Saved
	run, err := runlog.ReadRun(dir)
	if err == nil {
		old, err = recipe.Read(run)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if left := contents(dir); len(left) > 0 && q.options.Existing != Overwrite {
			return nil, fmt.Errorf("experiment: %s holds %s and no %s, so that nobody can say of which run: %w: move it away, "+
				"overwrite it, or choose another directory", dir, strings.Join(left, ", "), runlog.ConfigFile, ErrExists)
		}
	case err != nil && q.options.Existing != Overwrite:
		return nil, obstacle{err}
	case q.options.Existing == Refuse:
		return nil, fmt.Errorf("experiment: %s: %w: resume it, overwrite it, or choose another directory", dir, ErrExists)
	case q.options.Existing == Resume:
		if run.Setup.RawC() {
			return nil, fmt.Errorf("experiment: %s holds a run of %s, a form that is no longer made: "+
				"overwrite it or choose another directory", dir, run.Setup.Method)
		}
		more, err := recipe.Extends(old.Recipe, r)
		if err != nil {
			return nil, fmt.Errorf("experiment: %s: %w", dir, err)
		}
		if more {
			run.Summary.Finished = false // there are epochs left
			return q.resume(r, run)
		}
		if changed := recipe.Differences(old.Recipe, r); len(changed) > 0 {
			return nil, fmt.Errorf("experiment: %s holds a run of another recipe (%s): it cannot be resumed with this one; "+
				"overwrite it or choose another directory", dir, strings.Join(changed, ", "))
		}
		return q.resume(r, run)
	}
	return nil, nil
}

// parts are what a run directory is made of, in the order in which it is cleared: while it has a config.json it is that
// of a run.
var parts = []string{
	runlog.SummaryFile, runlog.MetricsFile, runlog.CheckpointDir, runlog.SnapshotDir, runlog.MeasurementsFile,
	runlog.TensorBoardFiles, earlierTensorBoard, runlog.ConfigFile,
}

// earlierTensorBoard is the folder in which earlier versions kept TensorBoard's files.
const earlierTensorBoard = "tensorboard"

// contents are the parts that a directory has.
func contents(dir string) (there []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, pattern := range parts {
		for _, e := range entries {
			if ok, err := filepath.Match(pattern, e.Name()); err == nil && ok {
				there = append(there, e.Name())
			}
		}
	}
	return there
}

// prepare makes the run directory ready: as it is where the run goes on, but for the summary of an interruption, else
// with nothing but config.json in it.
func (q *queue) prepare(r recipe.Recipe, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, runlog.ConfigFile)); err == nil && q.options.Existing == Resume {
		return q.goOn(r, dir)
	}
	limited, err := r.Limited()
	if err != nil {
		return err
	}
	for _, name := range contents(dir) {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("experiment: clearing %s: %w", dir, err)
		}
	}
	return runlog.WriteConfig(dir, recipe.Saved{
		Recipe: r, LambdaBound: float64(limited.MaxLambda), Origins: q.options.Origins, Version: recipe.CodeVersion(),
		Backend: q.engine.Name, BackendFallback: q.engine.Fallback,
		Device: q.engine.Description(), Devices: q.options.devices(), XLAFlags: os.Getenv("XLA_FLAGS"),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version(),
	})
}

// resume returns the summary of a run that has ended.
func (q *queue) resume(r recipe.Recipe, run *runlog.Run) (*runlog.Summary, error) {
	dir, summary := run.Dir, run.Summary
	switch {
	case summary.Finished:
		for _, p := range run.Problems {
			q.options.Warn(p)
		}
		return &summary, nil
	case summary.Diverged && q.options.OnNonfinite == Stop:
		return &summary, fmt.Errorf("experiment: %s: %w: %s: %s", filepath.Base(dir), ErrDiverged, summary.Stopped,
			whatToTry(r))
	}
	for _, p := range run.Problems {
		if strings.HasPrefix(p, filepath.Join(dir, runlog.MetricsFile)) {
			return nil, obstacle{fmt.Errorf("experiment: %s cannot be resumed: %s: mend it, overwrite the run or choose "+
				"another directory", dir, p)}
		}
	}
	return nil, nil
}

// obstacle is the error of one run, in whose directory something is in the way; it says nothing of the runs after it.
type obstacle struct{ error }

func (o obstacle) Unwrap() error { return o.error }

// goOn removes the summary of an interruption, or puts one aside that cannot be read, and warns of what is broken and
// where going on will not give the same bits. It notes the epochs of a run that is made longer.
func (q *queue) goOn(r recipe.Recipe, dir string) error {
	run, err := runlog.ReadRun(dir)
	if err != nil {
		return err
	}
	old, err := recipe.Read(run)
	if err != nil {
		return err
	}
	summary, readable := filepath.Join(dir, runlog.SummaryFile), true
	for _, p := range run.Problems {
		q.options.Warn(p)
		readable = readable && !strings.HasPrefix(p, summary)
	}
	if readable {
		err = os.RemoveAll(summary)
	} else {
		err = os.Rename(summary, checkpoint.Aside(summary))
	}
	if err != nil {
		return fmt.Errorf("experiment: %w", err)
	}
	if r.Epochs > old.Epochs {
		if err := runlog.WriteConfig(dir, recipe.Extended(run.Raw, r.Epochs)); err != nil {
			return err
		}
	}
	if old.Backend != q.engine.Name {
		q.options.Warn(fmt.Sprintf("%s was begun on %s and goes on with %s: its numbers are those of neither", dir,
			old.Backend, q.engine.Name))
	}
	if old.Version != recipe.CodeVersion() {
		q.options.Warn(fmt.Sprintf("%s was begun with version %s and goes on with %s", dir, old.Version,
			recipe.CodeVersion()))
	}
	return nil
}
