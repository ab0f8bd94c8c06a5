package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/recipe"
)

// runFlags are the flags about where a run happens and what is shown of it.
type runFlags struct {
	backend, out, format string
	quiet, resume, force bool
	keepEvery, devices   int
	curvatureEvery       int
	onNonfinite          string
	tensorBoard          bool
}

var formats = []string{"table", "json", "csv"}

// runsFolder is the folder in which runs go that were given no other.
const runsFolder = "xsam-runs"

// checkpointEvery is the time between checkpoints.
const checkpointEvery = 30 * time.Second

func (f *runFlags) group() group {
	flags := (&recipeFlags{}).add("Running")
	flags.StringVar(&f.backend, "backend", "",
		"`engine`: auto, xla, go, cuda, or the path of a PJRT plugin (default $GOMLX_BACKEND, else auto)")
	flags.IntVar(&f.devices, "devices", 1, "`number` of devices over which each batch is spread")
	flags.StringVar(&f.out, "out", "", "`folder` for the run records (default "+runsFolder+"/<data>-<model>-<time>)")
	flags.IntVar(&f.keepEvery, "keep-every", 0,
		"`epochs` between checkpoints that are kept for xsam curvature; 0: keep the last one alone")
	flags.IntVar(&f.curvatureEvery, "curvature-every", 0,
		"`epochs` between measurements of λmax, λ5, trace and angle along training; 0: none.\nThey go to metrics.jsonl, "+
			"take time (the result says how much), and change nothing else")
	flags.StringVar(&f.onNonfinite, "on-nonfinite", string(experiment.Stop),
		"`what` to do when loss or weights are no longer finite: stop; skip: undo the update (copies the state every step);"+
			"\nrollback: undo the updates of the epoch")
	flags.BoolVar(&f.tensorBoard, "tensorboard", false, "write event files for TensorBoard into the run directories too")
	flags.StringVar(&f.format, "format", "table", "`format` of the result: table, json, csv")
	flags.BoolVar(&f.quiet, "quiet", false, "no progress")
	flags.BoolVar(&f.resume, "resume", false, "go on with the runs in --out (default: the newest for this data and model)")
	flags.BoolVar(&f.force, "force", false, "overwrite runs that are there")
	return group{"Running", flags}
}

func (f *runFlags) validate() error {
	if !slices.Contains(formats, f.format) {
		return usageError{fmt.Errorf("--format %q: want one of %s", f.format, strings.Join(formats, ", "))}
	}
	if f.devices < 0 {
		return usageError{fmt.Errorf("--devices %d: want 1 or more devices", f.devices)}
	}
	if f.keepEvery < 0 {
		return usageError{fmt.Errorf("--keep-every %d: want 0 (keep none) or more epochs", f.keepEvery)}
	}
	if f.curvatureEvery < 0 {
		return usageError{fmt.Errorf("--curvature-every %d: want 0 (no measurements) or more epochs", f.curvatureEvery)}
	}
	if !slices.Contains(experiment.OnNonfiniteNames, f.onNonfinite) {
		return usageError{fmt.Errorf("--on-nonfinite %q: want one of %s", f.onNonfinite,
			strings.Join(experiment.OnNonfiniteNames, ", "))}
	}
	if f.onNonfinite != string(experiment.Stop) && f.devices > 1 {
		return usageError{fmt.Errorf("--on-nonfinite %s with --devices %d: want one device, or stop", f.onNonfinite,
			f.devices)}
	}
	if f.resume && f.force {
		return usageError{fmt.Errorf("--resume goes on with runs and --force deletes them: choose one")}
	}
	return nil
}

// check finds what is wrong with the flags for runs of a recipe.
func (f *runFlags) check(cmd *cobra.Command, r recipe.Recipe) error {
	if cmd.Flags().Changed("out") && f.out == "" {
		return usageError{errors.New("--out '': want a folder for the run records")}
	}
	if err := r.CheckDevices(f.devices); err != nil {
		return usageError{err}
	}
	return nil
}

// folder returns the folder of the runs.
func (f *runFlags) folder(r recipe.Recipe) (string, error) {
	if f.out != "" {
		return f.out, nil
	}
	prefix := filepath.Join(runsFolder, r.Data+"-"+r.Model+"-")
	if !f.resume {
		return prefix + time.Now().Format("20060102-150405"), nil
	}
	earlier, err := filepath.Glob(prefix + "[0-9]*")
	if err != nil {
		return "", err
	}
	if len(earlier) == 0 {
		return "", usageError{fmt.Errorf("--resume: there is no %s*: say with --out which runs to go on with", prefix)}
	}
	return slices.Max(earlier), nil
}

// options returns how runs are made.
func (f *runFlags) options(progress *progress, stderr io.Writer) experiment.Options {
	o := experiment.Options{
		CheckpointEvery: checkpointEvery,
		KeepEvery:       f.keepEvery,
		Devices:         f.devices,
		CurvatureEvery:  f.curvatureEvery,
		TensorBoard:     f.tensorBoard,
		OnNonfinite:     experiment.OnNonfinite(f.onNonfinite),
		Progress:        progress.show,
		Warn: func(text string) {
			progress.clear()
			fmt.Fprintln(stderr, "xsam: warning:", text)
		},
	}
	switch {
	case f.resume:
		o.Existing = experiment.Resume
	case f.force:
		o.Existing = experiment.Overwrite
	}
	return o
}

// open opens the engine. What is downloaded for it is shown unless --quiet is set.
func (f *runFlags) open(cmd *cobra.Command, stderr io.Writer) (*backend.Engine, error) {
	options := backend.Options{Name: f.backend, Out: stderr, Terminal: isTerminal(stderr), Devices: f.devices}
	if f.quiet {
		options.Out = nil
	}
	return backend.Open(cmd.Context(), options)
}

// writeJSON prints v.
func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// duration writes a time for people.
func duration(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	if d < time.Hour {
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// shown is a path as the user would type it: relative where that is shorter.
func shown(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(wd, path); err == nil && len(rel) < len(path) {
		return rel
	}
	return path
}
