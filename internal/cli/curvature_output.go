package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/runlog"
)

// quantity is one number of a measurement.
type quantity struct {
	key, name string // for programs, for people
	value     float64
	unit      string
	residual  float64 // relative, of an eigenvalue; NaN for others
	deviation float64 // standard error, of an estimate; NaN for others
}

// plain is a quantity without a measure of its error.
func plain(key, name string, value float64) quantity {
	return quantity{key: key, name: name, value: value, residual: math.NaN(), deviation: math.NaN()}
}

// quantities are the numbers of a measurement.
func quantities(m runlog.Measurement) (list []quantity) {
	add := func(key, name string, value runlog.Number) *quantity {
		list = append(list, plain(key, name, value.Float()))
		return &list[len(list)-1]
	}
	switch {
	case m.Spectrum != nil:
		for i, value := range m.Spectrum.Values {
			q := add(fmt.Sprintf("lambda%d", i+1), fmt.Sprintf("λ%d", i+1), value)
			q.residual = m.Spectrum.Residuals[i].Float()
		}
		if k := len(list); k > 1 {
			add(fmt.Sprintf("lambda1_over_lambda%d", k), fmt.Sprintf("λ1/λ%d", k), runlog.Num(list[0].value/list[k-1].value))
		}
		for _, e := range edgesAt(m) {
			list = append(list, plain(e.key, "edge "+e.name, e.value))
		}
	case m.Trace != nil:
		add("trace", "trace", m.Trace.Value).deviation = m.Trace.StandardError.Float()
	case m.Frobenius != nil:
		add("frobenius", "‖H‖_F", m.Frobenius.Value).deviation = m.Frobenius.StandardError.Float()
	case m.Density != nil:
		least, most, negative := densityFacts(m.Density)
		add("density_smallest", "density: smallest Ritz value", runlog.Num(least))
		add("density_largest", "density: largest Ritz value", runlog.Num(most))
		add("density_negative_percent", "density: share clearly below 0", runlog.Num(100*negative)).unit = " %"
	case m.Angles != nil:
		add("grad_norm", "‖g‖", m.Angles.GradNorm)
		for i, angle := range m.Angles.AngleDeg {
			add(fmt.Sprintf("angle%d_deg", i+1), fmt.Sprintf("angle of g to v%d", i+1), angle).unit = "°"
		}
		add("span", fmt.Sprintf("share of ‖g‖ along v1 to v%d", len(m.Angles.AngleDeg)), m.Angles.Span)
	case len(m.Sharpness) > 0:
		for _, b := range m.Sharpness {
			add(fmt.Sprintf("rise_%s_%d", b.Ball, b.Steps), fmt.Sprintf("rise in %s ball, ρ %g, %d step%s",
				strings.ToUpper(b.Ball), b.Rho, b.Steps, plural(b.Steps)), b.Rise)
		}
	case len(m.Layers) > 0:
		for _, l := range m.Layers {
			q := add("lambda_max "+l.Layer, "λmax of "+l.Layer, l.LambdaMax)
			q.residual = l.Residual.Float()
		}
	case m.Landscape != nil:
		low, high := math.Inf(1), math.Inf(-1)
		for _, row := range m.Landscape.Loss {
			for _, loss := range row {
				if loss.Known() {
					low, high = min(low, loss.Float()), max(high, loss.Float())
				}
			}
		}
		what := fmt.Sprintf("landscape %s, %d points: ", m.Settings["landscape"], len(m.Landscape.X)*len(m.Landscape.Y))
		add("landscape_lowest", what+"lowest loss", runlog.Num(low))
		add("landscape_highest", what+"highest loss", runlog.Num(high))
	}
	return list
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// clearly is the size of an eigenvalue, as a share of the largest, below which its sign may be that of rounding.
const clearly = 1e-3

// densityFacts are the ends of a density and the weight of its clearly negative part.
func densityFacts(d *runlog.Density) (least, most, negative float64) {
	c := curvature.Density{Nodes: d.Nodes, Weights: d.Weights}
	least, most = c.Range()
	below := c.Mean(func(lambda float64) float64 {
		if lambda < -clearly*max(most, -least) {
			return 1
		}
		return 0
	})
	return least, most, below.Value
}

// edge is an edge of stability at the learning rate of a measurement.
type edge struct {
	key, name string
	value     float64
}

// edgesAt are the edges against which eigenvalues of a measurement are to be held; none where the theory has none.
func edgesAt(m runlog.Measurement) []edge {
	eta, beta := m.LearningRate.Float(), m.Momentum.Float()
	switch {
	case !(eta > 0) || m.Operator == "gauss-newton" || m.Operator == "fisher":
		return nil
	case m.Operator == "adam":
		const beta1 = 0.9
		return []edge{{"edge_adam", "(2 + 2β₁)/((1 − β₁)η)", curvature.AdamEdge(eta, beta1)}}
	case math.IsNaN(beta):
		return nil
	case beta > 0:
		return []edge{{"edge", "2/η", curvature.GradientDescentEdge(eta)}, {"edge_momentum", "(2 + 2β)/η",
			curvature.MomentumEdge(eta, beta)}}
	default:
		return []edge{{"edge", "2/η", curvature.GradientDescentEdge(eta)}}
	}
}

// printMeasurements writes the result in the format that was asked for.
func printMeasurements(w io.Writer, format string, run measuredRun, list []runlog.Measurement) error {
	switch format {
	case "json":
		return writeJSON(w, struct {
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
		cost := fmt.Sprintf("%d\t%s\t%s", m.Products, number(m.Seconds.Float(), 1), state)
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
	_, err := fmt.Fprintf(w, "\nrecords in %s\n", shown(run.dir))
	return err
}

// title says which run was measured.
func title(run measuredRun) string {
	method := run.recipe.Method
	if run.dir == "" {
		method = "fresh weights"
	}
	return fmt.Sprintf("%s, %s, %s, seed %d", run.recipe.Data, run.recipe.Model, method, run.recipe.Seed)
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
