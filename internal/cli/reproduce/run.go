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
	"github.com/xsam-go/xsam/reproduce"
	"github.com/xsam-go/xsam/tuning"
)

// runOptions are the flags of xsam reproduce run.
type runOptions struct {
	stdout, stderr io.Writer

	name string
	plan planOptions
	run  flags.Run

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
	if err := o.elsewhere.Check(o.given, "tune"); err != nil {
		return err
	}
	out := o.folder()
	if o.elsewhere.List {
		recipes, err := p.Recipes()
		if err != nil {
			return err
		}
		return o.elsewhere.PrintList(o.stdout, o.stderr, o.command(out), out, recipes)
	}
	if err := p.CheckData(o.plan.tune); err != nil {
		return err
	}
	if o.elsewhere.Only != "" {
		return o.one(ctx, p, out)
	}
	bar := progress.New(o.stderr, o.run.Quiet)
	defer bar.Clear()
	makeRuns := o.elsewhere.BySlurm(ctx, o.command(out), out, o.run.Options(bar), bar, func() error { return nil })
	if !o.elsewhere.Slurm {
		engine, err := o.run.Open(ctx, o.stderr, o.run.Quiet)
		if err != nil {
			return err
		}
		defer engine.Finalize()
		o.announce(p, out)
		makeRuns = experiment.Here(ctx, engine, o.run.Options(bar))
	}
	outcome, err := reproduce.Run(makeRuns, p, out, o.plan.tune, bar.Warn)
	bar.Clear()
	switch {
	case err != nil && o.elsewhere.Slurm: // it says how to go on
		return err
	case err != nil:
		return flags.HowToGoOn(err, fmt.Sprintf("the records are in %s; go on with the same command and --resume",
			show.Path(out)))
	}
	if err := o.printOutcome(p, outcome); err != nil {
		return err
	}
	return flags.FinishedAny(outcome.Runs, out)
}

// command is the command line, but for who makes the runs.
func (o *runOptions) command(out string) string {
	return flags.Command("xsam reproduce run "+o.name, o.given, out)
}

// one makes the run of --only.
func (o *runOptions) one(ctx context.Context, p *reproduce.Plan, out string) error {
	var search *tuning.Search
	if o.plan.tune {
		all := p.Search()
		search = &all
	}
	r, dir, err := o.elsewhere.One(out, search, p.Chosen)
	if err != nil {
		return err
	}
	return flags.MakeOne(ctx, &o.run, r, dir, o.stderr)
}

// announce says how long the runs will take.
func (o *runOptions) announce(p *reproduce.Plan, out string) {
	if o.run.Quiet {
		return
	}
	estimate := p.Time(o.plan.tune)
	if o.plan.tune {
		estimate += p.TuneTime()
	}
	fmt.Fprintf(o.stderr, "xsam: %s at the %s scale: %s on two CPU cores by estimate; records in %s\n", o.name, p.Scale,
		long(estimate), show.Path(out))
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
