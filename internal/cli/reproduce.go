package cli

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/reproduce"
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
	cmd.Flags().StringVar(&f.scale, "scale", string(reproduce.Full),
		"`scale`: full (the paper's) or small (smaller models, fewer images and epochs:\nhalf an hour on two cores)")
	cmd.Flags().IntVar(&f.seeds, "seeds", 0,
		"`number` of runs of each method (default: 3 of the paper's form, 5 of the others)")
	cmd.Flags().BoolVar(&f.tune, "tune", false,
		"first search lr, ρ and α of each method, with the same number of trials, on\nvalidation images")
	cmd.Flags().IntVar(&f.trials, "trials", 0,
		"`number` of trials of each method with --tune (default: 8, at the small scale 5)")
	dataDir(cmd, &f.dir)
	// The error would be about a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("scale", cobra.FixedCompletions(reproduce.Scales,
		cobra.ShellCompDirectiveNoFileComp))
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
	line("training", "%d epochs, batch %d, %s with momentum %g, weight decay %g, lr %g on a %s", b.Epochs, b.Batch,
		b.Optimizer, b.Momentum, b.WeightDecay, b.LearningRate, b.Schedule)
	evaluated := fmt.Sprintf("every %d", b.EvaluateEvery)
	if tune {
		evaluated = "at the end alone"
	}
	line("measured", "λmax on %d training images every %d epochs and at the end, test accuracy %s", b.LambdaExamples,
		b.LambdaEvery, evaluated)
	if tune {
		line("search", "%d trials of each method, on %d validation images; the chosen settings replace those below",
			p.Trials, p.Validation)
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
