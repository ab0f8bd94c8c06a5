package flags

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Run holds the flags about where runs happen, how they are made, and what is shown of them.
type Run struct {
	Engine
	Out, Format               string
	Quiet, Resume, Force      bool
	TensorBoard               bool
	keepEvery, curvatureEvery int
	onNonfinite, config       string
	set                       *pflag.FlagSet
	origins                   map[string]string // of settings that short runs found, by flag
}

// RunsFolder is the folder in which runs go that were given no other.
const RunsFolder = "xsam-runs"

// checkpointEvery is the time between checkpoints.
const checkpointEvery = 30 * time.Second

// Group returns the flags of train and compare.
func (f *Run) Group() Group {
	group := NewGroup("Running")
	set := group.Flags
	f.Engine.Add(set)
	f.AddDevices(set)
	set.StringVar(&f.Out, "out", "", "`folder` for the run records (default "+RunsFolder+"/<data>-<model>-<time>)")
	set.IntVar(&f.keepEvery, "keep-every", 0,
		"`epochs` between checkpoints that are kept for xsam curvature; 0: keep the last one alone")
	set.IntVar(&f.curvatureEvery, "curvature-every", 0,
		"`epochs` between measurements of λmax, λ5, trace and angle along training; 0: none.\nThey go to metrics.jsonl, "+
			"take time (the result says how much), and change nothing else")
	set.StringVar(&f.onNonfinite, "on-nonfinite", string(experiment.Stop),
		"`what` to do when loss or weights are no longer finite: stop; skip: undo the update (copies the state every step);"+
			"\nrollback: undo the updates of the epoch")
	f.set = set
	f.AddTensorBoard(set)
	AddFormat(set, &f.Format, TableFormats)
	AddQuiet(set, &f.Quiet)
	set.BoolVar(&f.Resume, "resume", false, "go on with runs that are there: --resume DIR, with what is recorded there; "+
		"without a folder the newest. Flags that are given beside it count")
	set.StringVar(&f.config, "config", "", "`file` to begin from: a comparison.json, or the config.json of a run; flags "+
		"that are given beside it count")
	f.AddForce(set)
	return group
}

// AddTensorBoard adds the flag for TensorBoard's files.
func (f *Run) AddTensorBoard(set *pflag.FlagSet) {
	set.BoolVar(&f.TensorBoard, "tensorboard", false, "write event files for TensorBoard into the run directories too")
}

// AddForce adds the flag that overwrites runs.
func (f *Run) AddForce(set *pflag.FlagSet) {
	set.BoolVar(&f.Force, "force", false, "overwrite runs that are there")
}

// AddQuiet adds the flag that silences progress.
func AddQuiet(set *pflag.FlagSet, quiet *bool) { set.BoolVar(quiet, "quiet", false, "no progress") }

// Validate finds the first flag that is wrong.
func (f *Run) Validate() error {
	if err := CheckFormat(f.Format, TableFormats); err != nil {
		return err
	}
	if err := f.CheckDevices(); err != nil {
		return err
	}
	if f.keepEvery < 0 {
		return exit.Usagef("--keep-every %d: want 0 (keep none) or more epochs", f.keepEvery)
	}
	if f.curvatureEvery < 0 {
		return exit.Usagef("--curvature-every %d: want 0 (no measurements) or more epochs", f.curvatureEvery)
	}
	if !slices.Contains(experiment.OnNonfiniteNames, f.onNonfinite) {
		return exit.Usagef("--on-nonfinite %q: want one of %s", f.onNonfinite,
			strings.Join(experiment.OnNonfiniteNames, ", "))
	}
	if f.onNonfinite != string(experiment.Stop) && f.Devices > 1 {
		return exit.Usagef("--on-nonfinite %s with --devices %d: want one device, or stop", f.onNonfinite, f.Devices)
	}
	if f.set.Changed("out") && f.Out == "" {
		return exit.Usagef("--out '': want a folder for the run records")
	}
	return f.CheckExisting()
}

// Plan completes a comparison and returns the recipes of its runs: recorded, or what the flags say, with the flags laid
// over it.
func (f *Run) Plan(flags *Recipe, recorded *recipe.Comparison, c *recipe.Comparison) ([]recipe.Recipe, error) {
	settings, err := flags.Settings(c.Methods)
	if err != nil {
		return nil, err
	}
	if recorded != nil {
		c.Recipe, c.Settings = flags.Over(recorded.Recipe), maps.Clone(recorded.Settings)
	} else {
		c.Recipe = flags.Recipe()
	}
	if c.Settings == nil {
		c.Settings = map[string]string{}
	}
	maps.Copy(c.Settings, settings)
	if c.Auto, err = f.auto(flags, recorded, c.Methods); err != nil {
		return nil, err
	}
	c.Running = f.running()
	if err := flags.checkBase(c.Recipe); err != nil {
		return nil, err
	}
	if err := Locate(&c.Recipe); err != nil {
		return nil, err
	}
	if recorded == nil {
		if err := flags.fitBatch(&c.Recipe); err != nil {
			return nil, err
		}
	}
	recipes, err := c.Plan()
	if err != nil {
		return nil, exit.Usage(err)
	}
	if err := errors.Join(recipes[0].Validate(), recipes[0].CheckDevices(f.Devices)); err != nil {
		return nil, exit.Usage(err)
	}
	return recipes, nil
}

// CheckExisting finds contradictory words about runs that are there.
func (f *Run) CheckExisting() error {
	if f.Resume && f.Force {
		return exit.Usagef("--resume goes on with runs and --force deletes them: choose one")
	}
	return nil
}

// Folder returns the folder of the runs.
func (f *Run) Folder(r recipe.Recipe) (string, error) {
	if f.Out != "" {
		return f.Out, nil
	}
	prefix := filepath.Join(RunsFolder, r.DataTitle()+"-"+r.ModelTitle()+"-")
	if !f.Resume {
		return prefix + time.Now().Format("20060102-150405"), nil
	}
	earlier, err := filepath.Glob(prefix + "[0-9]*")
	if err != nil {
		return "", err
	}
	if len(earlier) == 0 {
		return "", exit.Usagef("--resume: there is no %s*: say with --out which runs to go on with", prefix)
	}
	return slices.Max(earlier), nil
}

// Options returns how runs are made.
func (f *Run) Options(bar *progress.Bar) experiment.Options {
	o := experiment.Options{
		CheckpointEvery: checkpointEvery,
		KeepEvery:       f.keepEvery,
		Devices:         f.Devices,
		CurvatureEvery:  f.curvatureEvery,
		TensorBoard:     f.TensorBoard,
		Origins:         f.origins,
		OnNonfinite:     experiment.OnNonfinite(f.onNonfinite),
		Progress:        bar.Run,
		Warn:            bar.Warn,
	}
	switch {
	case f.Resume:
		o.Existing = experiment.Resume
	case f.Force:
		o.Existing = experiment.Overwrite
	}
	return o
}

// FinishedAny is the error of a table without a finished run, which says nothing.
func FinishedAny(runs []runlog.Summary, out string) error {
	if slices.ContainsFunc(runs, func(s runlog.Summary) bool { return s.Finished }) {
		return nil
	}
	return fmt.Errorf("none of %d runs in %s has finished: the warnings say why", len(runs), show.Path(out))
}

// HowToResume adds to the error of runs of a command that did not all end how to go on.
func HowToResume(err error, command, out string, ended, all int) error {
	if ended == 0 && !errors.Is(err, context.Canceled) && !errors.Is(err, experiment.ErrExists) {
		return err // there is nothing to go on with
	}
	return HowToGoOn(err, fmt.Sprintf("%d of %d runs have a record; go on with: xsam %s --resume %s", ended, all, command,
		show.Quoted(show.Path(out))))
}

// HowToGoOn adds to the error of runs that did not all end how to go on.
func HowToGoOn(err error, how string) error {
	if errors.Is(err, experiment.ErrExists) {
		return fmt.Errorf("%w: --resume goes on with it, --force overwrites it, --out chooses another folder", err)
	}
	if errors.Is(err, experiment.ErrDiverged) || errors.Is(err, runlog.ErrClaimed) { // which say what to do themselves
		return err
	}
	return fmt.Errorf("%w\n%s", err, how)
}
