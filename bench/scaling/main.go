// Command scaling measures how the cost of a step grows with the batch and with the number of parameters, and what of
// it the host is at most responsible for.
//
//	go -C bench run ./scaling
//	go -C bench run ./scaling --rounds 20 --out ../docs/pictures
//
// The nets are perceptrons of twelve hidden layers. It prints a table for each question, with the straight line that
// fits the times best, and with --out draws it. Ctrl-C ends it; tables that are finished stand.
//
//	main.go  flags, what is measured, and what is printed
//	fit.go   the straight line
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/keepmemory"
	"github.com/xsam-go/xsam/plots"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/stepcost"
)

func main() {
	keepmemory.Restart()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "scaling:", err)
		os.Exit(1)
	}
}

var methods = []string{"sgd", "sam", "xsam"}

// point is a net and a batch whose step is timed.
type point struct {
	width, batch int
	images       [3]int // height, width, channels
}

func (p point) model() string { return fmt.Sprintf("mlp-12x%d", p.width) }

// question is a row of points, and the number by which their cost is to be explained.
type question struct {
	name, title, axis string
	points            []point
	number            func(p point, r *stepcost.Result) float64
}

var image = [3]int{28, 28, 1}

var questions = []question{
	{
		name: "batch", title: "Twelve layers of 256 units", axis: "images in a batch",
		points: []point{{256, 32, image}, {256, 64, image}, {256, 128, image}, {256, 256, image}, {256, 512, image}, {256,
			1024, image}},
		number: func(p point, _ *stepcost.Result) float64 { return float64(p.batch) },
	},
	{
		name: "parameters", title: "Twelve layers, batches of 128", axis: "millions of parameters",
		points: []point{{64, 128, image}, {128, 128, image}, {256, 128, image}, {384, 128, image}, {512, 128, image}, {768,
			128, image}},
		number: func(_ point, r *stepcost.Result) float64 { return float64(r.Parameters) / 1e6 },
	},
}

// Of the smallest net of the same twelve layers almost nothing is computed: its step is the host's work, and what XLA
// takes to start its operations.
var smallest, ordinary = point{1, 1, [3]int{1, 1, 1}}, point{256, 128, image}

type options struct {
	bench stepcost.Options
	out   string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o := options{bench: stepcost.Options{Steps: 1, Warmup: 1}}
	flags := flag.NewFlagSet("scaling", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.bench.Rounds, "rounds", 10,
		"`number` of turns of each method at each point; intervals take 6 at least")
	flags.StringVar(&o.out, "out", "", "`folder` for the pictures; without it none are drawn")
	name := flags.String("backend", "", "`engine`: auto, xla, go, cuda, or the path of a PJRT plugin (default auto)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q: want flags only", flags.Args())
	}
	if o.out != "" { // before the measurements, so that these are not lost
		if err := os.MkdirAll(o.out, 0o755); err != nil {
			return err
		}
	}
	engine, err := backend.Open(ctx, backend.Options{Name: *name, Out: stderr})
	if err != nil {
		return err
	}
	defer engine.Finalize()
	for _, q := range questions {
		if err := q.answer(ctx, engine, o, stdout, stderr); err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
	}
	if err := host(ctx, engine, o, stdout, stderr); err != nil {
		return fmt.Errorf("host: %w", err)
	}
	return nil
}

// measure times the methods at one point.
func measure(ctx context.Context, engine *backend.Engine, p point, o options, stderr io.Writer) (*stepcost.Result,
	error) {
	fmt.Fprintf(stderr, "%s, batch %d\n", p.model(), p.batch)
	base := recipe.Defaults(stepcost.RandomData)
	base.Model, base.Batch, base.Schedule = p.model(), p.batch, "constant"
	recipes, err := recipe.Plan(base, methods, nil, 0, 1)
	if err != nil {
		return nil, err
	}
	set := stepcost.RandomImages(p.images[0], p.images[1], p.images[2], 10, 2*p.batch, 1)
	return stepcost.Run(ctx, engine, recipes, set, o.bench)
}

// answer measures the points and prints the times beside the straight line.
func (q question) answer(ctx context.Context, engine *backend.Engine, o options, stdout, stderr io.Writer) error {
	numbers := make([]float64, len(q.points))
	times := make([][]float64, len(methods)) // ms, by method and point
	cells := make([][]string, len(q.points))
	for i, p := range q.points {
		r, err := measure(ctx, engine, p, o, stderr)
		if err != nil {
			return err
		}
		numbers[i] = q.number(p, r)
		for m, row := range r.Rows {
			times[m] = append(times[m], 1000*row.StepSeconds.Median.Float())
			cells[i] = append(cells[i], ms(row.StepSeconds))
		}
	}
	fmt.Fprintf(stdout, "%s on %s, ms a step, median over %d rounds with its 95 %% interval\n\n", q.title, engine.Name,
		o.bench.Rounds)
	t := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s\tsgd\tsam\txsam\n", q.axis)
	for i, row := range cells {
		fmt.Fprintf(t, "%.4g\t%s\t%s\t%s\n", numbers[i], row[0], row[1], row[2])
	}
	var series []plots.Series
	fmt.Fprintf(t, "\nmethod\tstraight line, ms\tlargest deviation from it\n")
	for m, method := range methods {
		l := fit(numbers, times[m])
		fmt.Fprintf(t, "%s\t%.3g + %.3g n\t%.0f %%\n", method, l.offset, l.slope, 100*l.worst)
		ends := []float64{0, slices.Max(numbers)}
		series = append(series,
			plots.Series{Name: method, X: numbers, Y: times[m]},
			plots.Series{X: ends, Y: []float64{l.offset, l.offset + l.slope*ends[1]}, Dashed: true})
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(stdout)
	if o.out == "" {
		return nil
	}
	return plots.WriteLines(filepath.Join(o.out, "cost-by-"+q.name+".svg"), plots.Lines{Title: q.title, X: q.axis,
		Y: "ms a step", FromZero: true, Series: series})
}

// host prints the share of a step that is there without computing.
func host(ctx context.Context, engine *backend.Engine, o options, stdout, stderr io.Writer) error {
	// One after the other, as in training: a step of 0.2 ms alone would find the caches full of another method's data.
	o.bench.Steps = 25
	idle, err := measure(ctx, engine, smallest, o, stderr)
	if err != nil {
		return err
	}
	full, err := measure(ctx, engine, ordinary, o, stderr)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Twelve layers of one unit, one image of one pixel, against %d units and %d images\n\n",
		ordinary.width, ordinary.batch)
	t := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "method\tsmallest, ms\tordinary, ms\tshare")
	for i, row := range idle.Rows {
		other := full.Rows[i].StepSeconds
		fmt.Fprintf(t, "%s\t%s\t%s\t%.1f %%\n", row.Method, ms(row.StepSeconds), ms(other),
			100*row.StepSeconds.Median.Float()/other.Median.Float())
	}
	return t.Flush()
}

func ms(i stepcost.Interval) string {
	if !i.Known() {
		return fmt.Sprintf("%.3g", 1000*i.Median.Float())
	}
	return fmt.Sprintf("%.3g [%.3g, %.3g]", 1000*i.Median.Float(), 1000*i.Low.Float(), 1000*i.High.Float())
}
