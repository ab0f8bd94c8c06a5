package bench

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/stepcost"
)

// print writes the result in the format that was asked for; warnings that a format has no place for go to stderr.
func (o *options) print(r *stepcost.Result) error {
	switch o.format {
	case "json":
		return show.JSON(o.stdout, r)
	case "csv":
		show.Warnings(o.stderr, r.Warnings...)
		return writeCSV(o.stdout, r)
	}
	if err := writeTable(o.stdout, r); err != nil {
		return err
	}
	show.Warnings(o.stdout, r.Warnings...)
	return nil
}

// writeTable writes the result for people.
func writeTable(w io.Writer, r *stepcost.Result) error {
	fmt.Fprintf(w, "%s with %d parameters, %s images of %d×%d×%d, batch %d, %s, base %s\n", r.Model, r.Parameters, r.Data,
		r.Image[0], r.Image[1], r.Image[2], r.Batch, r.DType, r.Base)
	spread := ""
	if r.Devices > 1 {
		spread = fmt.Sprintf(", each batch over %d devices", r.Devices)
	}
	fmt.Fprintf(w, "%s, %d CPUs%s; medians over %d rounds, in brackets 95 %% intervals\n\n", r.Backend, r.CPUs, spread,
		r.Rounds)

	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	memory := false
	for _, row := range r.Rows {
		memory = memory || row.PeakMemory.Known()
	}
	fmt.Fprintln(t, "method\tgradients\tms a step\t÷ sgd\t÷ sam\tcompile s")
	for _, row := range r.Rows {
		cells := []string{row.Method, short(row.GradientEvaluations, 1, 4), interval(row.StepSeconds, 1000),
			interval(row.CostVsSGD, 1),
			interval(row.CostVsSAM, 1), short(row.CompileSeconds, 1, 3)}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	fmt.Fprintf(t, "\nprocessor time\t\tms a step\t÷ sgd\t÷ sam\n")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%s\t\t%s\t%s\t%s\n", row.Method, interval(row.CPUSeconds, 1000), interval(row.CPUVsSGD, 1),
			interval(row.CPUVsSAM, 1))
	}
	fmt.Fprintf(t, "\nkind of step\tshare\tms a step\n")
	for _, row := range r.Rows {
		for _, k := range row.Kinds {
			fmt.Fprintf(t, "%s: %s\t%s\t%s\n", row.Method, k.Kind, short(k.Share, 1, 3), short(k.StepSeconds, 1000, 4))
		}
	}
	if memory {
		fmt.Fprintf(t, "\nMiB\tweights\tv\tother state\ta step, planned\tpeak of the process\n")
		for _, row := range r.Rows {
			m := row.Memory
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", row.Method, mebibytes(runlog.Num(m.Weights)),
				mebibytes(runlog.Num(m.Eigenvector)),
				mebibytes(runlog.Num(m.State)), mebibytes(m.Planned), mebibytes(row.PeakMemory))
		}
	}
	return t.Flush()
}

func mebibytes(n runlog.Number) string { return short(n, 1.0/(1<<20), 4) }

// interval writes a median and its interval, both times scale.
func interval(i stepcost.Interval, scale float64) string {
	text := short(i.Median, scale, 4)
	if i.Known() {
		text += fmt.Sprintf(" [%s, %s]", short(i.Low, scale, 4), short(i.High, scale, 4))
	}
	return text
}

// short writes a number times scale with so many significant digits.
func short(n runlog.Number, scale float64, digits int) string {
	if !n.Known() {
		return "–"
	}
	return fmt.Sprintf("%.*g", digits, scale*n.Float())
}

// writeCSV writes one line a method.
func writeCSV(w io.Writer, r *stepcost.Result) error {
	lines := [][]string{{"method", "gradient_evaluations", "gradients", "hessian_products",
		"step_seconds_median", "step_seconds_low", "step_seconds_high",
		"step_cost_vs_sgd", "step_cost_vs_sgd_low", "step_cost_vs_sgd_high",
		"step_cost_vs_sam", "step_cost_vs_sam_low", "step_cost_vs_sam_high", "cpu_seconds_median", "cpu_cost_vs_sgd",
		"cpu_cost_vs_sam", "compile_seconds", "peak_memory_bytes",
		"planned_memory_bytes", "weights_bytes", "eigenvector_bytes", "state_bytes"}}
	for _, row := range r.Rows {
		line := []string{row.Method}
		for _, n := range []runlog.Number{row.GradientEvaluations, row.Gradients, row.Products,
			row.StepSeconds.Median, row.StepSeconds.Low, row.StepSeconds.High,
			row.CostVsSGD.Median, row.CostVsSGD.Low, row.CostVsSGD.High,
			row.CostVsSAM.Median, row.CostVsSAM.Low, row.CostVsSAM.High,
			row.CPUSeconds.Median, row.CPUVsSGD.Median, row.CPUVsSAM.Median, row.CompileSeconds, row.PeakMemory,
			row.Memory.Planned, runlog.Num(row.Memory.Weights), runlog.Num(row.Memory.Eigenvector),
			runlog.Num(row.Memory.State)} {
			cell := ""
			if n.Known() {
				cell = n.String()
			}
			line = append(line, cell)
		}
		lines = append(lines, line)
	}
	return csv.NewWriter(w).WriteAll(lines)
}
