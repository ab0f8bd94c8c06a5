package reproduce

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/reproduce"
)

func newShow(stdout io.Writer) *cobra.Command {
	o := &planOptions{}
	var format string
	cmd := &cobra.Command{
		Use:       "show NAME",
		Short:     "Show what an experiment runs, which claims it tests, and how long it takes",
		Example:   "  xsam reproduce show cifar10-resnet18 --scale small",
		Args:      cobra.ExactArgs(1),
		ValidArgs: reproduce.Names(),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := o.newPlan(args[0])
			if err != nil {
				return err
			}
			if err := flags.CheckFormat(format, flags.ListFormats); err != nil {
				return err
			}
			if format == "json" {
				return showJSON(stdout, p, o.tune)
			}
			return showPlan(stdout, p, o.tune)
		},
	}
	o.add(cmd)
	flags.AddFormat(cmd.Flags(), &format, flags.ListFormats)
	return cmd
}

// showJSON prints a plan for programs.
func showJSON(w io.Writer, p *reproduce.Plan, tune bool) error {
	type method struct {
		Method string `json:"method"`
		Seeds  int    `json:"seeds"`
	}
	out := struct {
		Name       string          `json:"name"`
		Scale      reproduce.Scale `json:"scale"`
		Recipe     recipe.Recipe   `json:"recipe"`
		Methods    []method        `json:"methods"`
		Trials     int             `json:"trials,omitzero"`
		Validation int             `json:"validation_size,omitzero"`
		Seconds    float64         `json:"estimated_seconds"`
	}{Name: p.Study.Name, Scale: p.Scale, Recipe: p.Base, Seconds: p.Time(tune).Seconds()}
	for _, m := range p.Compared(tune) {
		out.Methods = append(out.Methods, method{m.Label, m.Seeds})
	}
	if tune {
		out.Trials, out.Validation, out.Seconds = p.Trials, p.Validation, out.Seconds+p.TuneTime().Seconds()
	}
	return show.JSON(w, out)
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
	for i, m := range p.Compared(tune) {
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
	line("estimate", "%s on two CPU cores, by counted work; a busy machine takes longer", long(p.Time(tune)))
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
	if d >= reproduce.LongestTime {
		return "more than 100 years"
	}
	if d > 3*day {
		return fmt.Sprintf("%d days", d/day)
	}
	return show.Duration(d)
}

// size names a number of images of which 0 stands for all.
func size(n int) string {
	if n == 0 {
		return "all"
	}
	return fmt.Sprint(n)
}
