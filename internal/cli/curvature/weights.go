package curvature

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/measure"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// measuredRun is what is measured.
type measuredRun struct {
	dir      string // "" for fresh weights
	together bool   // with the other runs of the seed, in one picture
	recipe   recipe.Recipe
	records  []runlog.Record // along training
	problems []string        // of the run directory
	states   []measure.Weights
}

// plan checks the flags and finds what they name.
func (o *options) plan() (run measuredRun, err error) {
	if err := flags.CheckFormat(o.format, flags.TableFormats); err != nil {
		return run, err
	}
	o.measure.Measures = strings.Split(o.list, ",")
	checked := o.measure
	if !o.given.Changed("batch") { // that of the run, which is not read yet
		checked.Batch = 1
	}
	if err := checked.Validate(); err != nil {
		return run, exit.Usage(err)
	}
	if len(o.args) == 0 {
		run, err = o.freshWeights()
	} else {
		run, err = o.savedRun(o.args[0])
	}
	if err != nil {
		return run, err
	}
	usual := measure.DefaultOptions(run.recipe)
	if !o.given.Changed("examples") {
		o.measure.Examples = usual.Examples
	}
	if !o.given.Changed("batch") {
		o.measure.Batch = usual.Batch
	}
	return run, nil
}

// freshWeights are those that a recipe begins with.
func (o *options) freshWeights() (run measuredRun, err error) {
	if !o.given.Changed("data") && !o.given.Changed("model") {
		return run, exit.Usagef("curvature got nothing to measure: want RUN_DIR, a folder <out>/<method>-seed<k> of " +
			"xsam train or compare, or --data or --model for fresh weights")
	}
	if o.given.Changed("checkpoint") && o.checkpoint != measure.InitialWeights.Name {
		return run, exit.Usagef("--checkpoint %s without RUN_DIR: fresh weights have init alone", o.checkpoint)
	}
	if plane := o.measure.Landscape; slices.Contains(o.measure.Measures, runlog.MeasureLandscape) && (plane == "line" ||
		plane == "pca" || plane == "runs") {
		return run, exit.Usagef("--landscape %s without RUN_DIR: want the checkpoints of a run, or "+
			"eigenvectors or filter", plane)
	}
	run.recipe, run.states = o.recipe.Recipe(), []measure.Weights{measure.InitialWeights}
	run.recipe.Seed = o.seed
	if err := flags.Locate(&run.recipe); err != nil {
		return run, err
	}
	if n := run.recipe.TrainSize; n > 0 {
		run.recipe.Batch = min(run.recipe.Batch, n) // that of training, of which there is none
	}
	if err := run.recipe.SetMethod("sgd", nil); err != nil {
		return run, err
	}
	if err := run.recipe.Validate(); err != nil {
		return run, exit.Usage(err)
	}
	return run, nil
}

// savedRun is a run directory with the weights that --checkpoint names.
func (o *options) savedRun(dir string) (run measuredRun, err error) {
	var wrong error
	o.fresh.VisitAll(func(flag *pflag.Flag) {
		if !strings.HasSuffix(flag.Name, "-dir") && o.given.Changed(flag.Name) {
			wrong = exit.Usagef("--%s has no effect on %s: its %s says what the run is", flag.Name, dir,
				runlog.ConfigFile)
		}
	})
	if wrong != nil {
		return run, wrong
	}
	saved, err := runlog.ReadRun(dir)
	switch runs, _ := runlog.List(os.DirFS(dir), "."); {
	case errors.Is(err, fs.ErrNotExist) && len(runs) > 0 && o.throughRuns():
		return o.savedRun(filepath.Join(dir, runs[0]))
	case errors.Is(err, fs.ErrNotExist) && len(runs) > 0:
		first := show.Path(filepath.Join(dir, runs[0]))
		return run, fmt.Errorf("%s holds %d runs: want one of them, %s for instance", dir, len(runs), first)
	case err != nil:
		return run, err
	}
	config, err := recipe.Read(saved)
	if err != nil {
		return run, err
	}
	run.recipe = config.Recipe
	run.dir, run.records, run.problems = dir, saved.Records, saved.Problems
	for _, place := range []string{"data-dir", "model-dir", "weights-dir"} {
		o.recipe.Apply(place, &run.recipe)
	}
	if err := run.recipe.Validate(); err != nil {
		return run, fmt.Errorf("%s holds no recipe that can be measured: %w", filepath.Join(dir, runlog.ConfigFile), err)
	}
	if run.states, err = measure.FindWeights(dir, o.checkpoint); err != nil {
		return run, exit.Usage(err)
	}
	if o.measure.Landscape == "runs" {
		o.measure.Runs, err = measure.Beside(dir)
		run.together = o.throughRuns()
	}
	return run, err
}

// throughRuns tells whether a landscape through all runs of a folder is asked for, and nothing of one run.
func (o *options) throughRuns() bool {
	return o.measure.Landscape == "runs" && slices.Equal(o.measure.Measures, []string{runlog.MeasureLandscape})
}
