package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// trainFlags are the flags of xsam train.
type trainFlags struct {
	recipe *recipeFlags
	run    runFlags
	method string
	seed   int64
}

func newTrain(stdout, stderr io.Writer) *cobra.Command {
	f := &trainFlags{recipe: newRecipeFlags()}
	what := pflag.NewFlagSet("what", pflag.ContinueOnError)
	what.StringVar(&f.method, "method", "xsam", "`method`: "+strings.Join(parameter.MethodNames(),
		", ")+", with settings if need be:\nxsam:alpha=0.5")
	what.Int64Var(&f.seed, "seed", 0, "`seed` of weights, first direction and order of the batches")
	f.recipe.choices["method"] = parameter.MethodNames()
	f.recipe.choices["format"] = formats

	cmd := &cobra.Command{
		Use:   "train [flags]",
		Short: "Train a model with one method",
		Long: `Train makes one run and prints its summary. The record, with metrics along the way and the checkpoint,
goes to <out>/<method>-seed<k>.`,
		Example: `  xsam train
  xsam train --method sam --rho 0.1 --epochs 30
  xsam train --data cifar10 --data-dir DIR --model resnet20 --augment --out runs
  xsam train --resume --out runs        go on with what was interrupted`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.train(cmd, stdout, stderr) },
	}
	attach(cmd, slices.Concat([]group{{"What is trained", what}}, f.recipe.groups, []group{f.run.group()}),
		f.recipe.choices)
	return cmd
}

func (f *trainFlags) train(cmd *cobra.Command, stdout, stderr io.Writer) error {
	r, err := f.plan(cmd)
	if err != nil {
		return err
	}
	out, err := f.run.folder(r)
	if err != nil {
		return err
	}
	engine, err := f.run.open(cmd, stderr)
	if err != nil {
		return err
	}
	defer engine.Finalize()

	dir := recipe.Dirs(out, []recipe.Recipe{r})[0]
	bar := newProgress(stderr, f.run.quiet)
	summary, err := experiment.Run(cmd.Context(), engine, r, dir, f.run.options(bar, stderr))
	bar.clear()
	if err != nil {
		return howToResume(err, out, "train", 0, 1)
	}
	return printSummary(stdout, f.run.format, summary, dir)
}

func (f *trainFlags) plan(cmd *cobra.Command) (recipe.Recipe, error) {
	r := f.recipe.recipe(cmd)
	if err := f.run.validate(); err != nil {
		return r, err
	}
	common, err := f.recipe.common(cmd, []string{f.method})
	if err != nil {
		return r, err
	}
	r.Seed = f.seed
	if err := r.SetMethod(f.method, common); err != nil {
		return r, usageError{err}
	}
	if err := r.Validate(); err != nil {
		return r, usageError{err}
	}
	return r, f.run.check(cmd, r)
}

// printSummary writes the summary of one run.
func printSummary(w io.Writer, format string, s runlog.Summary, dir string) error {
	switch format {
	case "json":
		return writeJSON(w, s)
	case "csv":
		return summaryCSV(w, s)
	}
	fmt.Fprintf(w, "%s, seed %d, on %s: %s with %d parameters, %s epochs, %d steps\n\n", s.Method, s.Seed, s.Data,
		s.Model, s.Parameters, s.Epochs, s.Steps)
	fmt.Fprintf(w, "            loss      accuracy %%\n")
	fmt.Fprintf(w, "training    %-9s %s\n", number(s.TrainLoss.Float(), 4), number(100*s.TrainAccuracy.Float(), 2))
	fmt.Fprintf(w, "test        %-9s %s\n\n", number(s.TestLoss.Float(), 4), number(100*s.TestAccuracy.Float(), 2))
	if s.LambdaMax.Known() {
		fmt.Fprintf(w, "λmax        %s on %d training images, %s\n", number(s.LambdaMax.Float(), 3), s.LambdaExamples,
			converged(s))
		fmt.Fprintf(w, "angle       %s° between the gradient there and the sharpest direction\n",
			number(s.AngleDeg.Float(), 1))
	}
	fmt.Fprintf(w, "cost        %s gradients a step, %s ms a step, %s s in all on %s\n",
		number(s.GradientEvaluationsPerStep.Float(), 2),
		number(1000*s.StepSecondsMedian.Float(), 2), number(s.WallSeconds.Float(), 1), s.Backend)
	if s.CurvatureSeconds.Known() {
		fmt.Fprintf(w, "curvature   %s\n", alongCost([]runlog.Summary{s}))
	}
	_, err := fmt.Fprintf(w, "record      %s\n", shown(dir))
	return err
}

// alongCost says what the measurements along training took of the time of runs.
func alongCost(runs []runlog.Summary) string {
	var spent, all float64
	for _, s := range runs {
		if s.CurvatureSeconds.Known() {
			spent += s.CurvatureSeconds.Float()
			all += s.WallSeconds.Float()
		}
	}
	return fmt.Sprintf("measured along training in %.1f s, %.0f %% of the time", spent, 100*spent/all)
}

// converged says how far λmax can be trusted.
func converged(s runlog.Summary) string {
	text := fmt.Sprintf("relative residual %.1e after %d products", s.LambdaResidual.Float(), s.LambdaProducts)
	if s.LambdaStop != runlog.StopResidual {
		text = "NOT converged: " + text
	}
	return text
}

// summaryCSV writes the keys of summary.json as a header, and their values as a line.
func summaryCSV(w io.Writer, s runlog.Summary) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	header := slices.Sorted(maps.Keys(fields))
	line := make([]string, len(header))
	for i, key := range header {
		line[i] = fmt.Sprint(fields[key])
	}
	out := csv.NewWriter(w)
	return out.WriteAll([][]string{header, line})
}
