package compare

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/runlog"
)

// column is one key of the JSON table and one column of the CSV table.
type column struct {
	name  string
	value func(*Table, *Row) any // string, int, runlog.Number or []string
}

// estimate makes the two columns name_mean and name_ci95, the latter being the half-width of the interval.
func estimate(name string, of func(*Row) Estimate) []column {
	return []column{
		{name + "_mean", func(_ *Table, r *Row) any { return rounded(of(r).Mean) }},
		{name + "_ci95", func(_ *Table, r *Row) any { return rounded(of(r).HalfWidth) }},
	}
}

// difference makes the columns of a paired comparison.
func difference(name string, of func(*Row) *Difference) []column {
	number := func(value func(*Difference) float64) func(*Table, *Row) any {
		return func(_ *Table, r *Row) any {
			if d := of(r); d != nil {
				return rounded(value(d))
			}
			return runlog.Number{}
		}
	}
	return []column{
		{name + "_difference", number(func(d *Difference) float64 { return d.Mean })},
		{name + "_difference_ci95", number(func(d *Difference) float64 { return d.Alone })},
		{name + "_difference_ci95_holm", number(func(d *Difference) float64 { return d.HalfWidth })},
		{name + "_p", number(func(d *Difference) float64 { return d.P })},
		{name + "_p_holm", number(func(d *Difference) float64 { return d.PHolm })},
		{name + "_verdict", func(_ *Table, r *Row) any {
			if d := of(r); d != nil {
				return string(d.Verdict)
			}
			return ""
		}},
	}
}

// columns are the columns of every table in their order.
var columns = join(
	[]column{
		{"method", func(_ *Table, r *Row) any { return r.Method }},
		{"n", func(_ *Table, r *Row) any { return r.N }},
		{"not_learnt", func(_ *Table, r *Row) any {
			if r.NotLearnt == 0 {
				return runlog.Number{}
			}
			return runlog.Num(float64(r.NotLearnt))
		}},
	},
	estimate("test_accuracy", func(r *Row) Estimate { return r.TestAccuracy }),
	estimate("validation_accuracy", func(r *Row) Estimate { return r.ValidationAccuracy }),
	estimate("lambda_max", func(r *Row) Estimate { return r.LambdaMax }),
	[]column{
		{"step_cost_vs_sgd", func(_ *Table, r *Row) any { return rounded(r.StepCost.Mean) }},
		{"step_cost_vs_sgd_ci95", func(_ *Table, r *Row) any { return rounded(r.StepCost.HalfWidth) }},
		{"step_seconds_median", func(_ *Table, r *Row) any { return rounded(r.StepSeconds.Mean) }},
		{"gradient_evaluations_per_step", func(_ *Table, r *Row) any { return rounded(r.GradientsPerStep.Mean) }},
	},
	estimate("train_loss", func(r *Row) Estimate { return r.TrainLoss }),
	estimate("train_accuracy", func(r *Row) Estimate { return r.TrainAccuracy }),
	estimate("test_loss", func(r *Row) Estimate { return r.TestLoss }),
	[]column{
		{"baseline", func(t *Table, r *Row) any {
			if r.AccuracyDifference == nil {
				return ""
			}
			return t.Baseline
		}},
		{"pairs", func(_ *Table, r *Row) any {
			if r.AccuracyDifference == nil {
				return runlog.Number{}
			}
			return runlog.Num(float64(r.Pairs))
		}},
	},
	// Of validation accuracy where that is known.
	difference("test_accuracy", func(r *Row) *Difference { return r.AccuracyDifference }),
	difference("lambda_max", func(r *Row) *Difference { return r.LambdaDifference }),
	difference("held_loss", func(r *Row) *Difference { return r.LossDifference }), // where there is no accuracy
	[]column{{"warnings", func(_ *Table, r *Row) any { return r.Warnings }}},
)

// rounded cuts a statistic to twelve significant digits: what follows is the rounding of its computation, and differs
// between kinds of processors.
func rounded(x float64) runlog.Number {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return runlog.Number{}
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 11, 64), 64)
	if err != nil {
		return runlog.Number{}
	}
	return runlog.Num(short)
}

func join(groups ...[]column) (all []column) {
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// missing tells whether a cell is left out of JSON and empty in CSV.
func missing(cell any) bool {
	switch c := cell.(type) {
	case runlog.Number:
		return !c.Known()
	case string:
		return c == ""
	case []string:
		return len(c) == 0
	}
	return false
}

// object is a row as a JSON object with its keys in the order of the columns.
type object struct {
	table *Table
	row   *Row
}

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for _, c := range o.table.columns() {
		cell := c.value(o.table, o.row)
		if missing(cell) {
			continue
		}
		text, err := json.Marshal(cell)
		if err != nil {
			return nil, err
		}
		separator := byte(',')
		if b.Len() == 0 {
			separator = '{'
		}
		b.WriteByte(separator)
		fmt.Fprintf(&b, "%q:%s", c.name, text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// WriteJSON writes {"table": [one object a method], "runs": [the summaries], "tuning": its record}, the last where the
// settings were searched for. Accuracies are fractions, a …_ci95 is the half-width of a 95 % interval, …_ci95_holm that
// of the one which the verdict goes by, and a number that is not known is absent. Warnings stand in the row they belong
// to; those of the whole table are in its field Warnings and not in the JSON.
func (t *Table) WriteJSON(w io.Writer) error {
	out := struct {
		Table  []object         `json:"table"`
		Runs   []runlog.Summary `json:"runs"`
		Tuning any              `json:"tuning,omitempty"`
	}{Table: []object{}, Runs: t.Runs, Tuning: t.Tuning}
	if t.Runs == nil {
		out.Runs = []runlog.Summary{}
	}
	for i := range t.Rows {
		out.Table = append(out.Table, object{t, &t.Rows[i]})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// WriteCSV writes the same table as comma-separated values with a header line; a number that is not known is empty.
func (t *Table) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	var header []string
	for _, c := range t.columns() {
		header = append(header, c.name)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for i := range t.Rows {
		var line []string
		for _, c := range t.columns() {
			cell := c.value(t, &t.Rows[i])
			switch list, ok := cell.([]string); {
			case missing(cell):
				line = append(line, "")
			case ok:
				line = append(line, strings.Join(list, "; "))
			default:
				line = append(line, fmt.Sprint(cell))
			}
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
