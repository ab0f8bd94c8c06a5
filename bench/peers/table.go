package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/xsam-go/xsam/stepcost"
)

// comparison is what was measured, with this module's methods first.
type comparison struct {
	Ours  *stepcost.Result `json:"ours"`
	Rows  []row            `json:"rows"`
	Pairs []quotient       `json:"ratios"`
}

// row is the time of a step of one method of one library.
type row struct {
	Library     string            `json:"library"`
	Method      string            `json:"method"`
	StepSeconds stepcost.Interval `json:"step_seconds"`
	CPUSeconds  stepcost.Interval `json:"cpu_seconds"` // processor time, all threads together
	rounds, cpu []float64
}

// quotient is the median of the quotients of two rows in the same round.
type quotient struct {
	Of    string            `json:"of"`
	To    string            `json:"to"`
	Ratio stepcost.Interval `json:"ratio"`
	CPU   stepcost.Interval `json:"cpu_ratio"`
}

// compareWith puts the workers' times beside this module's. It fails where a worker's model has another number of
// parameters: it would not be the same model.
func compareWith(ours *stepcost.Result, workers []*worker) (*comparison, error) {
	c := &comparison{Ours: ours}
	for _, r := range ours.Rows {
		c.Rows = append(c.Rows, row{"xsam", r.Method, r.StepSeconds, r.CPUSeconds, r.RoundSeconds, r.RoundCPUSeconds})
	}
	for _, w := range workers {
		if w.Parameters != ours.Parameters {
			return nil, fmt.Errorf("%s: %s has %d parameters there and %d here: it is not the same model", w.Library,
				ours.Model, w.Parameters, ours.Parameters)
		}
		for _, method := range w.Methods {
			rounds, cpu := w.seconds[method][:ours.Rounds], w.cpu[method][:ours.Rounds]
			c.Rows = append(c.Rows, row{w.Library, method, stepcost.MedianInterval(rounds), stepcost.MedianInterval(cpu),
				rounds, cpu})
		}
	}
	for _, w := range workers {
		pairs := [][2]string{{"sgd", "sgd"}, {"sam", "sam"}, {"xsam", "sam"}, {"xsam-paper", "xsam-paper"}, {"xsam",
			"xsam-paper"}, {"xsam-lite", "sam"}}
		if w.Late { // this module itself
			pairs = nil
			for _, method := range w.Methods {
				pairs = append(pairs, [2]string{method, method})
			}
		}
		for _, pair := range pairs {
			a, b := c.find("xsam", pair[0]), c.fastest(w.Library, pair[1])
			if a != nil && b != nil {
				c.Pairs = append(c.Pairs, between(*a, *b))
			}
		}
	}
	return c, nil
}

func between(a, b row) quotient {
	return quotient{a.Library + " " + a.Method, b.Library + " " + b.Method, ratio(a.rounds, b.rounds), ratio(a.cpu, b.cpu)}
}

func ratio(a, b []float64) stepcost.Interval {
	quotients := make([]float64, len(a))
	for i := range quotients {
		quotients[i] = a[i] / b[i]
	}
	return stepcost.MedianInterval(quotients)
}

func (c *comparison) find(library, method string) *row {
	for i, r := range c.Rows {
		if r.Library == library && r.Method == method {
			return &c.Rows[i]
		}
	}
	return nil
}

// fastest is the row of a method in that of its variants ("sam", "sam, channels last") whose median time is shortest.
func (c *comparison) fastest(library, method string) (best *row) {
	for i, r := range c.Rows {
		name, _, _ := strings.Cut(r.Method, ",")
		if r.Library == library && name == method && (best == nil ||
			r.StepSeconds.Median.Float() < best.StepSeconds.Median.Float()) {
			best = &c.Rows[i]
		}
	}
	return best
}

// write prints the comparison for people.
func (c *comparison) write(w io.Writer) error {
	o := c.Ours
	fmt.Fprintf(w, "%s with %d parameters, %d×%d×%d, batch %d, %s, on %s, %d CPUs; medians over %d rounds, in "+
		"brackets 95 %% intervals\n\n",
		o.Model, o.Parameters, o.Image[0], o.Image[1], o.Image[2], o.Batch, o.DType, o.Backend, o.CPUs, o.Rounds)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "library\tmethod\tms a step\tms of processor time")
	for _, r := range c.Rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Library, r.Method, show(r.StepSeconds, 1000), show(r.CPUSeconds, 1000))
	}
	fmt.Fprintln(t, "\nthis\t÷ that\ttime\tprocessor time")
	for _, q := range c.Pairs {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", q.Of, q.To, show(q.Ratio, 1), show(q.CPU, 1))
	}
	return t.Flush()
}

// show writes a median and its interval, both times scale.
func show(i stepcost.Interval, scale float64) string {
	text := fmt.Sprintf("%.4g", scale*i.Median.Float())
	if i.Known() {
		text += fmt.Sprintf(" [%.4g, %.4g]", scale*i.Low.Float(), scale*i.High.Float())
	}
	return text
}
