package curvature

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/runlog"
)

// printMeasurements writes the result in the format that was asked for.
func printMeasurements(w io.Writer, format string, run measuredRun, list []runlog.Measurement) error {
	switch format {
	case "json":
		return show.JSON(w, struct {
			Run          string               `json:"run,omitempty"`
			Measurements []runlog.Measurement `json:"measurements"`
		}{run.dir, list})
	case "csv":
		return measurementsCSV(w, list)
	}
	return measurementsTable(w, run, list)
}

// measurementsTable writes one line for each number.
func measurementsTable(w io.Writer, run measuredRun, list []runlog.Measurement) error {
	fmt.Fprintf(w, "%s\n%s\n\n", title(run), lossOf(list[0]))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "epoch\tmeasured\tvalue\terror\tproducts\tseconds")
	epoch := ""
	for _, m := range list {
		if at := m.Epoch.String(); at != epoch {
			epoch = at
			fmt.Fprintf(table, "%s\tloss\t%s\n", epoch, significant(m.Loss.Float(), 5))
		}
		state := "converged"
		if !m.Converged {
			state = "NOT converged: " + m.Reason
		}
		cost := fmt.Sprintf("%d\t%s\t%s", m.Products, show.Number(m.Seconds.Float(), 1), state)
		for _, q := range quantities(m) {
			line := fmt.Sprintf("\t%s\t%s%s\t%s\t%s", q.name, significant(q.value, 5), q.unit, errorOf(q), cost)
			fmt.Fprintln(table, strings.TrimRight(line, "\t"))
			cost = "" // it is that of the whole measurement
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if run.dir == "" {
		return nil
	}
	_, err := fmt.Fprintf(w, "\nrecords in %s\n", show.Path(run.dir))
	return err
}

// title says which run was measured.
func title(run measuredRun) string {
	method, r := run.recipe.Method, run.recipe
	switch {
	case run.dir == "" && r.Weights != "":
		method = r.Weights
	case run.dir == "" && r.IsONNX() && r.Init != "random":
		method = "the weights of the file"
	case run.dir == "":
		method = "fresh weights"
	case run.together:
		method = "all methods"
	}
	return fmt.Sprintf("%s, %s, %s, seed %d", r.Data, r.Model, method, r.Seed)
}

// lossOf says of which loss, and of which matrix.
func lossOf(m runlog.Measurement) string {
	norm := "statistics of each in batch norm"
	if m.Norm == "running" {
		norm = "running averages in batch norm"
	}
	text := fmt.Sprintf("loss of %d training images in batches of %d, %s", m.Examples, m.Batch, norm)
	if m.Operator != "" {
		text += "; " + m.Operator + ", " + m.Method + " products"
	}
	return text + "; " + m.DType + " on " + m.Backend
}

// errorOf is how far a number may be off.
func errorOf(q quantity) string {
	switch {
	case !math.IsNaN(q.residual):
		return fmt.Sprintf("residual %.1e", q.residual)
	case !math.IsNaN(q.deviation):
		return "± " + significant(q.deviation, 2)
	default:
		return ""
	}
}

// significant writes a number with so many significant digits.
func significant(x float64, digits int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	return strconv.FormatFloat(x, 'g', digits, 64)
}

// measurementsCSV writes one line for each number, for programs.
func measurementsCSV(w io.Writer, list []runlog.Measurement) error {
	out := csv.NewWriter(w)
	lines := [][]string{{"step", "epoch", "operator", "measure", "quantity", "value", "relative_residual",
		"standard_error", "products", "seconds", "converged", "reason", "loss"}}
	cell := func(x float64) string {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return ""
		}
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	for _, m := range list {
		for _, q := range quantities(m) {
			lines = append(lines, []string{
				fmt.Sprint(m.Step), cell(m.Epoch.Float()), m.Operator, m.Measure, q.key, cell(q.value), cell(q.residual),
				cell(q.deviation),
				fmt.Sprint(m.Products), cell(m.Seconds.Float()), strconv.FormatBool(m.Converged), m.Reason, cell(m.Loss.Float()),
			})
		}
	}
	return out.WriteAll(lines)
}
