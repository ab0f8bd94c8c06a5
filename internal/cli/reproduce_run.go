package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/reproduce"
	"github.com/xsam-go/xsam/runlog"
)

func newReproduceRun(stdout, stderr io.Writer) *cobra.Command {
	f := &reproduceFlags{}
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
  xsam reproduce run cifar10-wrn28-10 --data-dir DIR --backend cuda --resume`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: reproduce.Names(),
		RunE:      func(cmd *cobra.Command, args []string) error { return f.reproduce(cmd, args[0], stdout, stderr) },
	}
	f.plan(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.run.backend, "backend", "",
		"`engine`: auto, xla, go, cuda, or the path of a PJRT plugin (default $GOMLX_BACKEND, else auto)")
	flags.StringVar(&f.run.out, "out", "",
		"`folder` for the run records (default "+runsFolder+"/<NAME>-<scale>, with -tuned behind)")
	flags.BoolVar(&f.run.tensorBoard, "tensorboard", false,
		"write event files for TensorBoard into the run directories too")
	flags.StringVar(&f.run.format, "format", "text", "`format` of the result: text, json")
	flags.BoolVar(&f.run.quiet, "quiet", false, "no progress")
	flags.BoolVar(&f.run.resume, "resume", false, "go on with the runs in --out")
	flags.BoolVar(&f.run.force, "force", false, "overwrite runs that are there")
	return cmd
}

// reproduce runs a plan and prints what came out.
func (f *reproduceFlags) reproduce(cmd *cobra.Command, name string, stdout, stderr io.Writer) error {
	p, err := f.newPlan(name)
	if err != nil {
		return err
	}
	if err := checkVerdictFormat(f.run.format); err != nil {
		return err
	}
	if f.run.resume && f.run.force {
		return usageError{errors.New("--resume goes on with runs and --force deletes them: choose one")}
	}
	out := f.run.out
	if out == "" {
		out = filepath.Join(runsFolder, name+"-"+f.scale)
		if f.tune {
			out += "-tuned"
		}
	}
	if err := p.CheckData(f.tune); err != nil {
		return err
	}
	engine, err := f.run.open(cmd, stderr)
	if err != nil {
		return err
	}
	defer engine.Finalize()
	if !f.run.quiet {
		estimate := p.Time()
		if f.tune {
			estimate += p.TuneTime()
		}
		fmt.Fprintf(stderr, "xsam: %s at the %s scale: %s on two CPU cores by estimate; records in %s\n", name, p.Scale,
			long(estimate), shown(out))
	}
	bar := newProgress(stderr, f.run.quiet)
	outcome, err := reproduce.Run(cmd.Context(), engine, p, out, f.tune, f.run.options(bar, stderr))
	bar.clear()
	switch {
	case errors.Is(err, experiment.ErrExists):
		return fmt.Errorf("%w: --resume goes on with it, --force overwrites it, --out chooses another folder", err)
	case err != nil:
		return fmt.Errorf("%w\nthe records are in %s; go on with the same command and --resume", err, shown(out))
	}
	if err := f.printOutcome(stdout, stderr, p, outcome); err != nil {
		return err
	}
	return finishedAny(outcome.Runs, out)
}

// printOutcome prints the table, the choice of a search, and the verdicts.
func (f *reproduceFlags) printOutcome(stdout, stderr io.Writer, p *reproduce.Plan, outcome *reproduce.Outcome) error {
	var methods []string
	for _, r := range outcome.Runs {
		if !slices.Contains(methods, r.Method) {
			methods = append(methods, r.Method)
		}
	}
	table := compare.New(outcome.Runs, compare.Options{Methods: methods})
	if f.run.format == "json" {
		for _, w := range table.AllWarnings() {
			fmt.Fprintln(stderr, "xsam: warning:", w)
		}
		return claims.WriteJSON(stdout, outcome.Findings)
	}
	fmt.Fprintf(stdout, "%s, scale %s: %s, %d epochs, batch %d\n\n", p.Study.Name, p.Scale, p.Base.Model, p.Base.Epochs,
		p.Base.Batch)
	if err := table.WriteText(stdout); err != nil {
		return err
	}
	if outcome.Tuning != nil {
		fmt.Fprintf(stdout, "\nChosen out of %d trials each, on %d validation images\n", outcome.Tuning.Trials,
			outcome.Tuning.Validation)
		for _, m := range outcome.Tuning.Methods {
			best := m.Trials[m.Chosen]
			fmt.Fprintf(stdout, "  %s, lr %g: validation accuracy %s %%\n", best.Method, best.LearningRate,
				number(100*best.ValidationAccuracy.Float(), 2))
		}
	}
	fmt.Fprint(stdout, "\nThe paper's claims\n\n")
	return claims.WriteText(stdout, outcome.Findings)
}

func newReproduceVerdict(stdout, stderr io.Writer) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "verdict DIR",
		Short: "Judge the paper's claims by the run records in a folder",
		Long: `Verdict reads the run records in a folder, of xsam reproduce run or of xsam compare, and says of each claim
of the paper and each form of X-SAM there whether they support it. Nothing is trained.`,
		Example: "  xsam reproduce verdict DIR --format json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkVerdictFormat(format); err != nil {
				return err
			}
			runs, err := runlog.ReadRuns(args[0])
			if err != nil {
				return err
			}
			for _, r := range runs {
				for _, p := range r.Problems {
					fmt.Fprintln(stderr, "xsam: warning:", p)
				}
			}
			findings, err := claims.Judge(runs)
			if err != nil {
				return fmt.Errorf("%s: %w", shown(args[0]), err)
			}
			if format == "json" {
				return claims.WriteJSON(stdout, findings)
			}
			return claims.WriteText(stdout, findings)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "`format` of the result: text, json")
	return cmd
}

func checkVerdictFormat(format string) error {
	if !slices.Contains(verdictFormats, format) {
		return usageError{fmt.Errorf("--format %q: want one of %s", format, strings.Join(verdictFormats, ", "))}
	}
	return nil
}

// size names a number of images of which 0 stands for all.
func size(n int) string {
	if n == 0 {
		return "all"
	}
	return fmt.Sprint(n)
}
