package reproduce

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/reproduce"
)

// runOptions are the flags of xsam reproduce run.
type runOptions struct {
	stdout, stderr io.Writer

	name string
	plan planOptions
	run  flags.Run
	only string // the directory of the run that is made alone

	elsewhere flags.Elsewhere
	given     *pflag.FlagSet // as the user gave them
}

func newRun(stdout, stderr io.Writer) *cobra.Command {
	o := &runOptions{stdout: stdout, stderr: stderr}
	cmd := &cobra.Command{
		Use:   "run NAME",
		Short: "Run an experiment and print its table and the verdicts on the claims",
		Long: `Run makes all runs of an experiment, each with its record in a folder of its own, and prints a table of
the methods and a verdict on each claim of the paper. It can be interrupted, and resumed with --resume.

With --tune each method first gets the same number of trials with other learning rates, ρ and α, which are
compared on validation images. The runs then use the best of each, and see the test images once, at the end.
All trials and the choice are in tune.json.`,
		Example: `  xsam reproduce run fashion-mnist-resnet18 --scale small --data-dir DIR
  xsam reproduce run fashion-mnist-resnet18 --scale small --data-dir DIR --tune --out DIR
  xsam reproduce run cifar10-wrn28-10 --data-dir DIR --backend cuda --resume
  xsam reproduce run cifar10-resnet18 --data-dir DIR --out DIR --slurm --sbatch gres=gpu:1`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: reproduce.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			return run(cmd.Context(), o)
		},
	}
	o.plan.add(cmd)
	set := cmd.Flags()
	o.run.Engine.Add(set)
	set.StringVar(&o.run.Out, "out", "",
		"`folder` for the run records (default "+flags.RunsFolder+"/<NAME>-<scale>, with -tuned behind)")
	o.run.AddTensorBoard(set)
	flags.AddFormat(set, &o.run.Format, verdictFormats)
	flags.AddQuiet(set, &o.run.Quiet)
	set.BoolVar(&o.run.Resume, "resume", false, "go on with the runs in --out")
	o.run.AddForce(set)
	o.elsewhere.Add(set)
	set.StringVar(&o.only, "only", "", "make one `run` alone, xsam-seed0 for instance, as the commands of --list-runs do")
	o.given = set
	return cmd
}

// run runs a plan and prints what came out.
func run(ctx context.Context, o *runOptions) error {
	p, err := o.plan.newPlan(o.name)
	if err != nil {
		return err
	}
	if err := flags.CheckFormat(o.run.Format, verdictFormats); err != nil {
		return err
	}
	if err := o.run.CheckExisting(); err != nil {
		return err
	}
	if err := o.elsewhere.Check(o.given, "tune", "only"); err != nil {
		return err
	}
	out := o.folder()
	recipes, err := o.recipes(p)
	if err != nil {
		return err
	}
	if o.elsewhere.List {
		return o.elsewhere.PrintList(o.stdout, o.stderr, o.commands(out, recipes), o.command(out))
	}
	if err := p.CheckData(o.plan.tune); err != nil {
		return err
	}
	if o.elsewhere.Slurm {
		return o.bySlurm(ctx, p, out, recipes)
	}
	engine, err := o.run.Open(ctx, o.stderr, o.run.Quiet)
	if err != nil {
		return err
	}
	defer engine.Finalize()
	if !o.run.Quiet {
		estimate := p.Time()
		if o.plan.tune {
			estimate += p.TuneTime()
		}
		fmt.Fprintf(o.stderr, "xsam: %s at the %s scale: %s on two CPU cores by estimate; records in %s\n", o.name,
			p.Scale, long(estimate), show.Path(out))
	}
	bar := progress.New(o.stderr, o.run.Quiet)
	if o.only != "" {
		_, err := experiment.Run(ctx, engine, recipes[0], recipe.Dirs(out, recipes)[0], o.run.Options(bar))
		bar.Clear()
		return err
	}
	outcome, err := reproduce.Run(ctx, engine, p, out, o.plan.tune, o.run.Options(bar))
	bar.Clear()
	if err != nil {
		return flags.HowToGoOn(err, fmt.Sprintf("the records are in %s; go on with the same command and --resume",
			show.Path(out)))
	}
	return o.end(p, outcome, out)
}

// end prints what came out, which is nothing when no run has finished.
func (o *runOptions) end(p *reproduce.Plan, outcome *reproduce.Outcome, out string) error {
	if err := o.printOutcome(p, outcome); err != nil {
		return err
	}
	return flags.FinishedAny(outcome.Runs, out)
}

// folder returns the folder of the runs.
func (o *runOptions) folder() string {
	if o.run.Out != "" {
		return o.run.Out
	}
	out := filepath.Join(flags.RunsFolder, o.name+"-"+o.plan.scale)
	if o.plan.tune {
		out += "-tuned"
	}
	return out
}

// printOutcome prints the table, the choice of a search, and the verdicts.
func (o *runOptions) printOutcome(p *reproduce.Plan, outcome *reproduce.Outcome) error {
	var methods []string
	for _, r := range outcome.Runs {
		if !slices.Contains(methods, r.Method) {
			methods = append(methods, r.Method)
		}
	}
	table := compare.New(outcome.Runs, compare.Options{Methods: methods})
	if o.run.Format == "json" {
		show.Warnings(o.stderr, table.AllWarnings()...)
		return claims.WriteJSON(o.stdout, outcome.Findings)
	}
	fmt.Fprintf(o.stdout, "%s, scale %s: %s, %d epochs, batch %d\n\n", p.Study.Name, p.Scale, p.Base.Model, p.Base.Epochs,
		p.Base.Batch)
	if err := table.WriteText(o.stdout); err != nil {
		return err
	}
	if outcome.Tuning != nil {
		fmt.Fprintln(o.stdout)
		if err := outcome.Tuning.WriteText(o.stdout); err != nil {
			return err
		}
	}
	fmt.Fprint(o.stdout, "\nThe paper's claims\n\n")
	return claims.WriteText(o.stdout, outcome.Findings)
}
