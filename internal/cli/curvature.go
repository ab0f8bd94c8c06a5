package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/measure"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// measuredRun is what is measured.
type measuredRun struct {
	dir      string // "" for fresh weights
	recipe   recipe.Recipe
	records  []runlog.Record // along training
	problems []string        // of the run directory
	states   []measure.Weights
}

// curvature measures and prints.
func (f *curvatureFlags) curvature(cmd *cobra.Command, args []string, stdout, stderr io.Writer) error {
	run, err := f.plan(cmd, args)
	if err != nil {
		return err
	}
	engine, err := f.run.open(cmd, stderr)
	if err != nil {
		return err
	}
	defer engine.Finalize()

	bar := newProgress(stderr, f.run.quiet)
	f.options.Again, f.options.Progress = f.run.force, bar.measured
	f.options.Warn = func(text string) {
		bar.clear()
		fmt.Fprintln(stderr, "xsam: warning:", text)
	}
	for _, p := range run.problems {
		f.options.Warn(p)
	}
	done, err := measure.Run(cmd.Context(), engine, run.recipe, run.dir, run.states, f.options)
	bar.clear()
	if err != nil {
		return f.howToGoOn(cmd, err, run.dir, len(done))
	}
	if err := printMeasurements(stdout, f.run.format, run, done); err != nil || f.plots == "" {
		return err
	}
	files, err := f.draw(run, done)
	if err != nil {
		return err
	}
	if f.run.format == "table" {
		_, err = fmt.Fprintf(stdout, "%d pictures in %s\n", len(files), shown(f.plots))
	}
	return err
}

// plan checks the flags and finds what they name.
func (f *curvatureFlags) plan(cmd *cobra.Command, args []string) (run measuredRun, err error) {
	if !slices.Contains(formats, f.run.format) {
		return run, usageError{fmt.Errorf("--format %q: want one of %s", f.run.format, strings.Join(formats, ", "))}
	}
	f.options.Measures = strings.Split(f.measures, ",")
	checked := f.options
	if !cmd.Flags().Changed("batch") { // that of the run, which is not read yet
		checked.Batch = 1
	}
	if err := checked.Validate(); err != nil {
		return run, usageError{err}
	}
	if len(args) == 0 {
		run, err = f.freshWeights(cmd)
	} else {
		run, err = f.savedRun(cmd, args[0])
	}
	if err != nil {
		return run, err
	}
	usual := measure.DefaultOptions(run.recipe)
	if !cmd.Flags().Changed("examples") {
		f.options.Examples = usual.Examples
	}
	if !cmd.Flags().Changed("batch") {
		f.options.Batch = usual.Batch
	}
	return run, nil
}

// freshWeights are those that a recipe begins with.
func (f *curvatureFlags) freshWeights(cmd *cobra.Command) (run measuredRun, err error) {
	if !cmd.Flags().Changed("data") && !cmd.Flags().Changed("model") {
		return run, usageError{errors.New("curvature got nothing to measure: want RUN_DIR, a folder " +
			"<out>/<method>-seed<k> of xsam train or compare, " +
			"or --data or --model for fresh weights")}
	}
	if cmd.Flags().Changed("checkpoint") && f.checkpoint != measure.InitialWeights.Name {
		return run, usageError{fmt.Errorf("--checkpoint %s without RUN_DIR: fresh weights have init alone", f.checkpoint)}
	}
	if plane := f.options.Landscape; slices.Contains(f.options.Measures, runlog.MeasureLandscape) && (plane == "line" ||
		plane == "pca") {
		return run, usageError{fmt.Errorf("--landscape %s without RUN_DIR: want the checkpoints of a run, or "+
			"eigenvectors or filter", plane)}
	}
	run.recipe, run.states = f.recipe.recipe(cmd), []measure.Weights{measure.InitialWeights}
	run.recipe.Seed = f.seed
	if err := locate(&run.recipe); err != nil {
		return run, err
	}
	if n := run.recipe.TrainSize; n > 0 {
		run.recipe.Batch = min(run.recipe.Batch, n) // that of training, of which there is none
	}
	if err := run.recipe.SetMethod("sgd", nil); err != nil {
		return run, err
	}
	if err := run.recipe.Validate(); err != nil {
		return run, usageError{err}
	}
	return run, nil
}

// savedRun is a run directory with the weights that --checkpoint names.
func (f *curvatureFlags) savedRun(cmd *cobra.Command, dir string) (run measuredRun, err error) {
	var wrong error
	f.fresh.VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "data-dir" && cmd.Flags().Changed(flag.Name) {
			wrong = usageError{fmt.Errorf("--%s has no effect on %s: its %s says what the run is", flag.Name, dir,
				runlog.ConfigFile)}
		}
	})
	if wrong != nil {
		return run, wrong
	}
	saved, err := runlog.ReadRun(dir)
	switch runs, _ := runlog.List(os.DirFS(dir), "."); {
	case errors.Is(err, fs.ErrNotExist) && len(runs) > 0:
		first := shown(filepath.Join(dir, runs[0]))
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
	if cmd.Flags().Changed("data-dir") {
		f.recipe.apply["data-dir"](&run.recipe)
	}
	if err := run.recipe.Validate(); err != nil {
		return run, fmt.Errorf("%s holds no recipe that can be measured: %w", filepath.Join(dir, runlog.ConfigFile), err)
	}
	if run.states, err = measure.FindWeights(dir, f.checkpoint); err != nil {
		return run, usageError{err}
	}
	return run, nil
}

// howToGoOn adds to the error of measurements that did not all end what there is.
func (f *curvatureFlags) howToGoOn(cmd *cobra.Command, err error, dir string, done int) error {
	if dir == "" || cmd.Context().Err() == nil {
		return err
	}
	return fmt.Errorf("%w\n%d finished measurements are in %s; the same command without --force goes on", err, done,
		shown(filepath.Join(dir, runlog.MeasurementsFile)))
}
