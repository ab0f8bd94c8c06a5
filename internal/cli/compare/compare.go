// Package compare is the command xsam compare: several methods over several seeds, and a table of them.
//
//	compare.go      flags, and the runs
//	maker.go        who makes the runs: this process, or others
//	tune.go         the settings that are tried before
//	result.go       how the result is printed, under the line of heading.go
//	commandline.go  recorded runs as the command line that makes them again; commandgroup.go: those of one recipe
package compare

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/tuning"
)

// options are the flags of xsam compare.
type options struct {
	stdout, stderr io.Writer

	recipe *flags.Recipe
	run    flags.Run
	set    *pflag.FlagSet // of list, seeds and seed
	list   string         // of the methods
	sweep  []string
	tune   int
	seeds  int
	seed   int64

	elsewhere flags.Elsewhere

	given *pflag.FlagSet // as the user gave them
}

// New returns the command.
func New(stdout, stderr io.Writer) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr, recipe: flags.NewRecipe()}
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
  xsam compare --sweep rho=0.05,0.1,0.2 --sweep lr=0.01,0.02
  xsam compare --resume DIR             go on with what was interrupted
  xsam compare --resume DIR --seeds 8   add seeds to what is there
  xsam compare --out DIR --slurm --sbatch partition=gpu`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), o, args) },
	}
	o.given = cmd.Flags()
	flags.Attach(cmd, o.groups(), o.recipe.Choices)
	return cmd
}

// groups returns the flags.
func (o *options) groups() []flags.Group {
	group := flags.NewGroup("What is compared")
	what := group.Flags
	what.StringVar(&o.list, "methods", "sgd,sam,xsam,xsam-lite",
		"`list` of methods out of "+strings.Join(parameter.MethodNames(),
			", ")+"; one may carry settings of its own: sam:rho=0.1, xsam:alpha=0.5:refresh-every=10")
	what.IntVar(&o.seeds, "seeds", 4, "`number` of runs of each method; a seed changes weights and order of the batches")
	what.Int64Var(&o.seed, "seed", 0, "first `seed`")
	what.StringArrayVar(&o.sweep, "sweep", nil,
		"`name=values` to try before, such as rho=0.05,0.1,0.2 or lr=0.01,0.1; several make a grid. Of each method "+
			"the best on validation images is compared, and sees the test images once")
	what.IntVar(&o.tune, "tune", 0,
		"`number` of trials of each method before, with lr, ρ and α drawn; chosen likewise")
	group.Rare = []string{"seed"}
	o.recipe.AllowAuto()
	o.recipe.Choices["methods"] = parameter.MethodNames()
	o.set = what
	elsewhere := flags.NewGroup("On a cluster")
	o.elsewhere.Add(elsewhere.Flags)
	running := o.run.Group()
	running.Rare = []string{"backend"}
	return slices.Concat([]flags.Group{group}, o.recipe.Groups, []flags.Group{running, elsewhere})
}

// run makes the runs and prints the table.
func run(ctx context.Context, o *options, args []string) (err error) {
	if err := o.elsewhere.Check(o.given, "sweep", "tune", "config"); err != nil {
		return err
	}
	if o.elsewhere.Slurm || o.elsewhere.List || o.elsewhere.Only != "" {
		if err := o.recipe.CheckNoAuto("runs made one by one"); err != nil {
			return err
		}
	}
	c, recipes, err := o.plan(args)
	if err != nil {
		return err
	}
	asked := c // what is recorded: the search with it
	search, err := o.search(&c)
	if err != nil {
		return err
	}
	out, err := o.run.Folder(recipes[0])
	if err != nil {
		return err
	}
	switch {
	case o.elsewhere.List:
		return o.elsewhere.PrintList(o.stdout, o.stderr, o.command(out), out, recipes)
	case o.elsewhere.Only != "":
		return o.one(ctx, search, &c, recipes, out)
	}
	bar := progress.New(o.stderr, o.run.Quiet)
	defer bar.Clear()
	record := func() error { return o.run.Record(asked, out, recipe.Dirs(out, recipes)) }
	makeRuns, engine, err := o.maker(ctx, out, bar, record)
	if err != nil {
		return err
	}
	if engine != nil {
		defer engine.Finalize()
		if !o.run.Resume { // which is of the recipe that is there, and may be helped by others
			claim, claimErr := runlog.ClaimRun(out, runlog.ClaimFile)
			if claimErr != nil {
				return claimErr
			}
			defer func() { err = errors.Join(err, claim.Release()) }()
		}
		if recipes, err = o.auto(ctx, engine, &c, &asked, recipes, out, bar); err != nil {
			return o.goOn(err, out, 0, len(recipes))
		}
	}
	flags.PrintNotes(o.stderr, recipes[0], o.run.Quiet)
	var tuned *tuning.Tuning
	if search != nil {
		tuned, err = search.Run(makeRuns, out)
		if err == nil {
			recipes, err = chosen(&c, tuned)
		}
		if err == nil {
			asked.Tuning, err = json.Marshal(tuned)
		}
		if asked.Chosen = c.Methods; err == nil {
			err = record()
		}
		if err != nil {
			return o.goOn(err, out, 0, len(recipes))
		}
	}
	runs, err := makeRuns(recipes, recipe.Dirs(out, recipes))
	bar.Clear()
	if err != nil {
		return o.goOn(err, out, len(runs), len(recipes))
	}
	table := compare.New(runs, compare.Options{Methods: c.Methods})
	if tuned != nil {
		table.Tuning = tuned
	}
	if err := o.print(table, tuned, recipes, out); err != nil {
		return err
	}
	return flags.FinishedAny(runs, out)
}

// plan checks the flags and returns what is compared, and the recipes.
func (o *options) plan(args []string) (c recipe.Comparison, recipes []recipe.Recipe, err error) {
	if err := o.run.Validate(); err != nil {
		return c, nil, err
	}
	if o.seeds < 1 {
		return c, nil, exit.Usagef("--seeds %d: want 1 or more, 4 for a test that says something", o.seeds)
	}
	recorded, err := o.run.Recorded(o.recipe, args, "")
	if err != nil {
		return c, nil, err
	}
	methods, twice := flags.Methods(o.list)
	if twice != "" {
		return c, nil, exit.Usagef("--methods names %s twice: want each method once", twice)
	}
	c = recipe.Comparison{Methods: methods, Seed: o.seed, Seeds: o.seeds, Sweep: o.sweep, Tune: o.tune}
	if recorded != nil {
		for name, take := range map[string]func(){
			"methods": func() { c.Methods = recorded.Methods },
			"seed":    func() { c.Seed = recorded.Seed },
			"seeds":   func() { c.Seeds = recorded.Seeds },
			"sweep":   func() { c.Sweep = recorded.Sweep },
			"tune":    func() { c.Tune = recorded.Tune },
		} {
			if !o.set.Changed(name) {
				take()
			}
		}
	}
	recipes, err = o.run.Plan(o.recipe, recorded, &c)
	return c, recipes, err
}
