package train

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/runlog"
)

// print writes the summary of one run.
func (o *options) print(s runlog.Summary, dir string) error {
	w := o.stdout
	switch o.run.Format {
	case "json":
		return show.JSON(w, s)
	case "csv":
		return summaryCSV(w, s)
	}
	fmt.Fprintf(w, "%s, seed %d, on %s: %s with %d parameters, %s epochs, %d steps\n\n", s.Method, s.Seed, s.Data,
		s.Model, s.Parameters, s.Epochs, s.Steps)
	fmt.Fprintf(w, "            loss      accuracy %%\n")
	fmt.Fprintf(w, "training    %-9s %s\n", show.Number(s.TrainLoss.Float(), 4),
		show.Number(100*s.TrainAccuracy.Float(), 2))
	fmt.Fprintf(w, "test        %-9s %s\n\n", show.Number(s.TestLoss.Float(), 4),
		show.Number(100*s.TestAccuracy.Float(), 2))
	if s.NotLearnt != "" {
		fmt.Fprintf(w, "NOT LEARNT  %s: the training loss of chance is %s; try another --lr\n", s.NotLearnt,
			show.Number(s.ChanceLoss.Float(), 4))
	}
	if s.LambdaMax.Known() {
		fmt.Fprintf(w, "λmax        %s on %d training images, %s\n", show.Number(s.LambdaMax.Float(), 3), s.LambdaExamples,
			converged(s))
		fmt.Fprintf(w, "angle       %s° between the gradient there and the sharpest direction\n",
			show.Number(s.AngleDeg.Float(), 1))
	}
	fmt.Fprintf(w, "cost        %s gradients a step, %s ms a step, %s s in all on %s\n",
		show.Number(s.GradientEvaluationsPerStep.Float(), 2),
		show.Number(1000*s.StepSecondsMedian.Float(), 2), show.Number(s.WallSeconds.Float(), 1), s.Backend)
	if cost := show.CurvatureCost([]runlog.Summary{s}); cost != "" {
		fmt.Fprintf(w, "curvature   %s\n", cost)
	}
	o.run.PrintOrigins(w)
	_, err := fmt.Fprintf(w, "record      %s\n", show.Path(dir))
	return err
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
