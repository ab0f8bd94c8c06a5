package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/reproduce"
	"github.com/xsam-go/xsam/runlog"
)

// reproduceFlags are the flags of xsam reproduce show and run.
type reproduceFlags struct {
	run           runFlags
	scale, dir    string
	seeds, trials int
	tune          bool
}

// verdictFormats are the formats of what xsam reproduce prints.
var verdictFormats = []string{"text", "json"}

func newReproduce(stdout, stderr io.Writer) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reproduce",
		Short: "Run the paper's experiments and test its claims",
		Long: `Reproduce runs the experiments of the X-SAM paper: CIFAR-10, CIFAR-100 and Fashion-MNIST with ResNet-18,
AlexNet and WRN-28-10, by SGD, SAM, X-SAM in the paper's form and X-SAM in ours. It says of each claim of the
paper whether the records support it, contradict it, or cannot tell.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newReproduceList(stdout), newReproduceShow(stdout))
	cmd.AddCommand(newReproduceRun(stdout, stderr), newReproduceVerdict(stdout, stderr))
	return cmd
}

// dataDir adds the flag for the folder with the data sets.
func dataDir(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "data-dir", os.Getenv(DataDirVariable), "`folder` with the files of the data sets")
	cmd.Flags().Lookup("data-dir").DefValue = "$" + DataDirVariable
}

func newReproduceList(stdout io.Writer) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the experiments, their models, and whether their images are found",
		Example: "  xsam reproduce list --data-dir DIR",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return listStudies(stdout, dir) },
	}
	dataDir(cmd, &dir)
	return cmd
}

func listStudies(w io.Writer, dir string) error {
	found := map[string]string{}
	for _, info := range datasets.List(dir) {
		found[info.Name] = "images not found"
		if len(info.Found) > 0 {
			found[info.Name] = "images found"
		}
	}
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(out, "NAME\tMODEL\t--scale small\tDATA")
	for _, s := range reproduce.Studies() {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s: %s\n", s.Name, s.Model, s.Small, s.Data, found[s.Data])
	}
	return out.Flush()
}

// plan adds the flags that decide what is run.
func (f *reproduceFlags) plan(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&f.scale, "scale", string(reproduce.Full), "`scale`: full (the paper's) or small (smaller models, fewer images and epochs:\nhalf an hour on two cores)")
	cmd.Flags().IntVar(&f.seeds, "seeds", 0, "`number` of runs of each method (default: 3 of the paper's form, 5 of the others)")
	cmd.Flags().BoolVar(&f.tune, "tune", false, "first search lr, ρ and α of each method, with the same number of trials, on\nvalidation images")
	cmd.Flags().IntVar(&f.trials, "trials", 0, "`number` of trials of each method with --tune (default: 8, at the small scale 4)")
	dataDir(cmd, &f.dir)
	// The error would be about a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("scale", cobra.FixedCompletions(reproduce.Scales, cobra.ShellCompDirectiveNoFileComp))
}

// newPlan returns the plan that the flags stand for.
func (f *reproduceFlags) newPlan(name string) (*reproduce.Plan, error) {
	study, err := reproduce.Find(name)
	if err != nil {
		return nil, usageError{err}
	}
	p, err := reproduce.NewPlan(study, reproduce.Scale(f.scale), f.dir, f.seeds)
	if err != nil {
		return nil, usageError{err}
	}
	if f.trials < 0 || (f.trials > 0 && !f.tune) {
		return nil, usageError{fmt.Errorf("--trials %d: want 1 or more, and --tune", f.trials)}
	}
	if f.trials > 0 {
		p.Trials = f.trials
	}
	return p, nil
}

func newReproduceShow(stdout io.Writer) *cobra.Command {
	f := &reproduceFlags{}
	cmd := &cobra.Command{
		Use:       "show NAME",
		Short:     "Show what an experiment runs, which claims it tests, and how long it takes",
		Example:   "  xsam reproduce show cifar10-resnet18 --scale small",
		Args:      cobra.ExactArgs(1),
		ValidArgs: reproduce.Names(),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := f.newPlan(args[0])
			if err != nil {
				return err
			}
			return showPlan(stdout, p, f.tune)
		},
	}
	f.plan(cmd)
	return cmd
}

// showPlan prints a plan.
func showPlan(w io.Writer, p *reproduce.Plan, tune bool) error {
	b := p.Base
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	line := func(what, format string, args ...any) {
		fmt.Fprintf(out, "%s\t%s\n", what, fmt.Sprintf(format, args...))
	}
	line("recipe", "%s, scale %s", p.Study.Name, p.Scale)
	line("data", "%s, %s training images, %s test images%s", b.Data, size(b.TrainSize), size(b.TestSize), augmented(b))
	line("model", "%s", b.Model)
	line("training", "%d epochs, batch %d, %s with momentum %g, weight decay %g, lr %g on a %s", b.Epochs, b.Batch, b.Optimizer, b.Momentum, b.WeightDecay, b.LearningRate, b.Schedule)
	evaluated := fmt.Sprintf("every %d", b.EvaluateEvery)
	if tune {
		evaluated = "at the end alone"
	}
	line("measured", "λmax on %d training images every %d epochs and at the end, test accuracy %s", b.LambdaExamples, b.LambdaEvery, evaluated)
	if tune {
		line("search", "%d trials of each method, on %d validation images; the chosen settings replace those below", p.Trials, p.Validation)
	}
	for i, m := range p.Methods {
		what := ""
		if i == 0 {
			what = "methods"
		}
		r := b
		if err := r.SetMethod(m.Label, nil); err != nil {
			return err
		}
		line(what, "%s, %d seeds, %.3g gradients a step", m.Label, m.Seeds, r.GradientsPerStep())
	}
	for i, claim := range claims.Names {
		what := ""
		if i == 0 {
			what = "claims"
		}
		line(what, "%s", claims.Text(claim))
	}
	line("estimate", "%s on two CPU cores, by counted work; a busy machine takes longer", long(p.Time()))
	if tune {
		line("", "%s more for the search", long(p.TuneTime()))
	}
	return out.Flush()
}

func augmented(r recipe.Recipe) string {
	if r.Augment {
		return ", shifted and mirrored"
	}
	return ""
}

// long writes a time that may be years.
func long(d time.Duration) string {
	const day = 24 * time.Hour
	if d > 3*day {
		return fmt.Sprintf("%d days", d/day)
	}
	return duration(d)
}

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
	flags.StringVar(&f.run.backend, "backend", "", "`engine`: auto, xla, go, cuda, or the path of a PJRT plugin (default $GOMLX_BACKEND, else auto)")
	flags.StringVar(&f.run.out, "out", "", "`folder` for the run records (default "+runsFolder+"/<NAME>-<scale>, with -tuned behind)")
	flags.BoolVar(&f.run.tensorBoard, "tensorboard", false, "write event files for TensorBoard into the run directories too")
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
	engine, err := f.run.open(cmd, p.Base.Model, stderr)
	if err != nil {
		return err
	}
	defer engine.Finalize()
	if !f.run.quiet {
		estimate := p.Time()
		if f.tune {
			estimate += p.TuneTime()
		}
		fmt.Fprintf(stderr, "xsam: %s at the %s scale: %s on two CPU cores by estimate; records in %s\n", name, p.Scale, long(estimate), shown(out))
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
	return f.printOutcome(stdout, stderr, p, outcome)
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
	fmt.Fprintf(stdout, "%s, scale %s: %s, %d epochs, batch %d\n\n", p.Study.Name, p.Scale, p.Base.Model, p.Base.Epochs, p.Base.Batch)
	if err := table.WriteText(stdout); err != nil {
		return err
	}
	if outcome.Tuning != nil {
		fmt.Fprintf(stdout, "\nChosen out of %d trials each, on %d validation images\n", outcome.Tuning.Trials, outcome.Tuning.Validation)
		for _, m := range outcome.Tuning.Methods {
			best := m.Trials[m.Chosen]
			fmt.Fprintf(stdout, "  %s, lr %g: validation accuracy %s %%\n", best.Method, best.LearningRate, number(100*best.ValidationAccuracy.Float(), 2))
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
