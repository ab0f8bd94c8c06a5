package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// compareFlags are the flags of xsam compare.
type compareFlags struct {
	recipe  *recipeFlags
	run     runFlags
	methods string
	seeds   int
	seed    int64
}

func newCompare(stdout, stderr io.Writer) *cobra.Command {
	f := &compareFlags{recipe: newRecipeFlags()}
	what := pflag.NewFlagSet("what", pflag.ContinueOnError)
	what.StringVar(&f.methods, "methods", "sgd,sam,xsam,xsam-lite",
		"`list` of methods out of "+strings.Join(parameter.MethodNames(),
			", ")+";\none may carry settings of its own: sam:rho=0.1, xsam:alpha=0.5:refresh-every=10\n")
	what.IntVar(&f.seeds, "seeds", 4, "`number` of runs of each method; a seed changes weights and order of the batches")
	what.Int64Var(&f.seed, "seed", 0, "first `seed`")
	f.recipe.choices["methods"] = parameter.MethodNames()
	f.recipe.choices["format"] = formats

	cmd := &cobra.Command{
		Use:   "compare [flags]",
		Short: "Train the same model with several methods over several seeds and compare them",
		Long: `Compare trains the same model with several methods over several seeds, and prints test accuracy,
λmax (the largest eigenvalue of the Hessian of the training loss) and cost of each method: means with
95 % intervals, and differences from SAM, paired by seed, with a test.

Without flags it draws its own data (glyphs: ten signs, with a fifth of the training labels wrong).`,
		Example: `  xsam compare
  xsam compare --data digits --data-dir DIR --seeds 8
  xsam compare --data fashion-mnist --data-dir DIR --model resnet8 --train-size 5000 --label-noise 0.2
  xsam compare --methods sam,sam:rho=0.1,xsam,xsam:alpha=0.5 --format json
  xsam compare --resume --out DIR       go on with what was interrupted`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.compare(cmd, stdout, stderr) },
	}
	attach(cmd, slices.Concat([]group{{"What is compared", what}}, f.recipe.groups, []group{f.run.group()}),
		f.recipe.choices)
	return cmd
}

// compare makes the runs and prints the table.
func (f *compareFlags) compare(cmd *cobra.Command, stdout, stderr io.Writer) error {
	methods := strings.Split(f.methods, ",")
	recipes, err := f.plan(cmd, methods)
	if err != nil {
		return err
	}
	out, err := f.run.folder(recipes[0])
	if err != nil {
		return err
	}
	engine, err := f.run.open(cmd, stderr)
	if err != nil {
		return err
	}
	defer engine.Finalize()

	bar := newProgress(stderr, f.run.quiet)
	runs, err := experiment.RunAll(cmd.Context(), engine, recipes, recipe.Dirs(out, recipes), f.run.options(bar, stderr))
	bar.clear()
	if err != nil {
		return howToResume(err, out, "compare", len(runs), len(recipes))
	}
	table := compare.New(runs, compare.Options{Methods: methods})
	if err := f.print(table, recipes[0], engine.Name, out, stdout, stderr); err != nil {
		return err
	}
	return finishedAny(runs, out)
}

// finishedAny is the error of a table without a finished run, which says nothing.
func finishedAny(runs []runlog.Summary, out string) error {
	if slices.ContainsFunc(runs, func(s runlog.Summary) bool { return s.Finished }) {
		return nil
	}
	return fmt.Errorf("none of %d runs in %s has finished: the warnings say why", len(runs), shown(out))
}

// plan checks the flags and returns the recipes.
func (f *compareFlags) plan(cmd *cobra.Command, methods []string) ([]recipe.Recipe, error) {
	if err := f.run.validate(); err != nil {
		return nil, err
	}
	if f.seeds < 1 {
		return nil, usageError{fmt.Errorf("--seeds %d: want 1 or more, 4 for a test that says something", f.seeds)}
	}
	if i := slices.IndexFunc(methods, func(m string) bool { return count(methods, m) > 1 }); i >= 0 {
		return nil, usageError{fmt.Errorf("--methods names %s twice: want each method once", methods[i])}
	}
	common, err := f.recipe.common(cmd, methods)
	if err != nil {
		return nil, err
	}
	recipes, err := recipe.Plan(f.recipe.recipe(cmd), methods, common, f.seed, f.seeds)
	if err != nil {
		return nil, usageError{err}
	}
	if err := recipes[0].Validate(); err != nil {
		return nil, usageError{err}
	}
	return recipes, f.run.check(cmd, recipes[0])
}

func count(list []string, s string) (n int) {
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

// print writes the result in the format that was asked for; warnings that a format has no place for go to stderr.
func (f *compareFlags) print(t *compare.Table, r recipe.Recipe, engine, out string, stdout, stderr io.Writer) error {
	if f.run.format != "table" {
		for _, w := range t.AllWarnings() {
			fmt.Fprintln(stderr, "xsam: warning:", w)
		}
	}
	switch f.run.format {
	case "json":
		return t.WriteJSON(stdout)
	case "csv":
		return t.WriteCSV(stdout)
	}
	fmt.Fprintf(stdout, "%s, %s, %d epochs of %s, batch %d%s\n\n", r.Data, r.Model, r.Epochs, images(t.Runs, r),
		r.Batch, noise(r))
	if err := t.WriteText(stdout); err != nil {
		return err
	}
	if slices.ContainsFunc(t.Runs, func(s runlog.Summary) bool { return s.CurvatureSeconds.Known() }) {
		fmt.Fprintf(stdout, "\ncurvature %s\n", alongCost(t.Runs))
	}
	fmt.Fprintf(stdout, "\n%d runs in %s on %s; records in %s\n", len(t.Runs), duration(worked(t.Runs)), engine,
		shown(out))
	return nil
}

// worked is the time that runs took, each as its record says: those that were there already count too.
func worked(runs []runlog.Summary) time.Duration {
	var sum time.Duration
	for _, r := range runs {
		if r.WallSeconds.Known() {
			sum += time.Duration(r.WallSeconds.Float() * float64(time.Second))
		}
	}
	return sum
}

// images describes the amount of training data: its steps, where the size was left to the data set.
func images(runs []runlog.Summary, r recipe.Recipe) string {
	if r.TrainSize > 0 {
		return fmt.Sprintf("%d images", r.TrainSize)
	}
	for _, s := range runs {
		if s.Finished {
			return fmt.Sprintf("%d steps", int(s.Steps)/r.Epochs)
		}
	}
	return "all images"
}

func noise(r recipe.Recipe) string {
	if r.LabelNoise == 0 {
		return ""
	}
	return fmt.Sprintf(", %g %% of the training labels random", 100*r.LabelNoise)
}

// howToResume adds to the error of runs that did not all end how to go on.
func howToResume(err error, out, command string, ended, all int) error {
	if errors.Is(err, experiment.ErrExists) {
		return fmt.Errorf("%w: --resume goes on with it, --force overwrites it, --out chooses another folder", err)
	}
	if _, statErr := os.Stat(out); statErr != nil { // nothing was begun
		return err
	}
	if errors.Is(err, experiment.ErrDiverged) || errors.Is(err, runlog.ErrClaimed) { // which say what to do themselves
		return err
	}
	return fmt.Errorf("%w\n%d of %d runs have a record; go on with: xsam %s ... --resume --out %s", err, ended, all,
		command, shown(out))
}
