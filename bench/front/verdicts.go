package main

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// radii are the SAMs among which the one with the nearest training loss is looked for.
var radii = []string{"sam", "sam:rho=0.1", "sam:rho=0.2", "sam:rho=0.4"}

// most is the number of problems out of four that a verdict asks for.
const most = 3

// count is in how many problems something holds for a method.
type count struct{ lower, noWorse, both, of int }

// add takes a difference in: whether λmax is lower and whether the accuracy is no worse, by the 95 % interval, which
// is not corrected for the number of methods.
func (c *count) add(accuracy, lambda compare.Difference) {
	lower := lambda.Mean+lambda.HalfWidth < 0
	noWorse := accuracy.Mean+accuracy.HalfWidth >= 0
	c.of++
	if lower {
		c.lower++
	}
	if noWorse {
		c.noWorse++
	}
	if lower && noWorse {
		c.both++
	}
}

func verdicts(dirs []string, w io.Writer) error {
	counts := map[string]*count{}
	better := map[string]*improvement{}
	var methods []string
	for _, dir := range dirs {
		runs, err := load(dir)
		if err != nil {
			return err
		}
		improve(runs, better)
		if err := problem(filepath.Base(dir), runs, w, func(r compare.Row) {
			if counts[r.Method] == nil {
				counts[r.Method] = &count{}
				methods = append(methods, r.Method)
			}
			counts[r.Method].add(*r.AccuracyDifference, *r.LambdaDifference)
		}); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	fmt.Fprintf(w, "**Verdicts**: in how many of %d problems the 95 %% interval of the difference from SAM at ρ "+
		"0.05\n\n", len(dirs))
	fmt.Fprintln(w, "| method | of λmax lies below 0 | of accuracy does not | both | holds λmax down "+
		"|\n|---|---|---|---|---|")
	slices.Sort(methods)
	for _, m := range methods {
		c := counts[m]
		verdict := "no"
		if c.of > 0 && c.both >= min(most, len(dirs)) {
			verdict = "yes"
		}
		fmt.Fprintf(w, "| `%s` | %d of %d | %d | %d | %s |\n", m, c.lower, c.of, c.noWorse, c.both, verdict)
	}
	fmt.Fprintf(w, "\n**Against today's default of the same price**: in how many of %d problems the 95 %% interval "+
		"of the difference lies wholly on one side of 0\n\n", len(dirs))
	fmt.Fprintln(w, "| setting | default | accuracy higher | accuracy lower | λmax lower | λmax higher "+
		"|\n|---|---|---|---|---|---|")
	for _, m := range methods {
		if b := better[m]; b != nil {
			fmt.Fprintf(w, "| `%s` | `%s` | %d | %d | %d | %d |\n", m, b.than, b.accuracy.above, b.accuracy.below,
				b.lambda.below, b.lambda.above)
		}
	}
	return nil
}

// improvement is in how many problems a setting differs from the default of its price.
type improvement struct {
	than             string
	accuracy, lambda sides
}

// sides is in how many problems an interval lies above and below 0.
type sides struct{ above, below int }

func (s *sides) add(d *compare.Difference) {
	if d.Mean-d.HalfWidth > 0 {
		s.above++
	}
	if d.Mean+d.HalfWidth < 0 {
		s.below++
	}
}

// improve compares the settings of X-SAM on one problem with xsam-lite, those of the first class of cost, or with xsam.
func improve(runs []runlog.Summary, better map[string]*improvement) {
	for _, r := range compare.New(runs, compare.Options{}).Rows {
		if !strings.HasPrefix(r.Method, "xsam:") || r.N == 0 {
			continue
		}
		than := "xsam"
		if r.GradientsPerStep.Mean <= classes[0] {
			than = "xsam-lite"
		}
		pair := compare.New(runs, compare.Options{Baseline: than, Methods: []string{than, r.Method}}).Rows[1]
		if pair.AccuracyDifference == nil {
			continue // no run of the default
		}
		if better[r.Method] == nil {
			better[r.Method] = &improvement{than: than}
		}
		better[r.Method].accuracy.add(pair.AccuracyDifference)
		better[r.Method].lambda.add(pair.LambdaDifference)
	}
}

// problem prints the differences on one problem, and hands every row that has one to each.
func problem(name string, runs []runlog.Summary, w io.Writer, each func(compare.Row)) error {
	t := compare.New(runs, compare.Options{Baseline: "sam"})
	if _, err := row(t, "sam"); err != nil {
		return err
	}
	fmt.Fprintf(w, "**%s**\n\n| method | n | gradients | test accuracy %% | λmax | training loss | accuracy − SAM's "+
		"| λmax − SAM's | SAM of nearest loss | accuracy − its | λmax − its "+
		"|\n|---|---|---|---|---|---|---|---|---|---|---|\n", name)
	for _, r := range t.Rows {
		cells := []string{"`" + r.Method + "`", fmt.Sprint(r.N), fmt.Sprintf("%.2f", r.GradientsPerStep.Mean),
			r.Accuracy().Percent(), r.LambdaMax.String(), r.TrainLoss.String(), "", "", "", "", ""}
		if r.AccuracyDifference != nil && r.N > 0 {
			cells[6], cells[7] = difference(*r.AccuracyDifference, 100), difference(*r.LambdaDifference, 1)
			each(r)
		}
		if !strings.HasPrefix(r.Method, "sam") && r.N > 0 {
			near, d := nearest(runs, t, r)
			if near != "" {
				cells[8], cells[9], cells[10] = "`"+near+"`", d.AccuracyDifference.Scaled(100).Signed(), d.LambdaDifference.Signed()
			}
		}
		fmt.Fprintln(w, "| "+strings.Join(cells, " | ")+" |")
	}
	for _, warning := range t.AllWarnings() {
		fmt.Fprintf(w, "\nWarning: %s\n", warning)
	}
	fmt.Fprintln(w)
	return nil
}

// nearest returns the SAM whose mean training loss is nearest to the row's, and the row with its differences from it,
// not corrected; "" where there is none.
func nearest(runs []runlog.Summary, t *compare.Table, of compare.Row) (string, compare.Row) {
	name, distance := "", math.Inf(1)
	for _, r := range t.Rows {
		if d := math.Abs(r.TrainLoss.Mean - of.TrainLoss.Mean); slices.Contains(radii, r.Method) && d < distance {
			name, distance = r.Method, d
		}
	}
	if name == "" {
		return "", of
	}
	pair := compare.New(runs, compare.Options{Baseline: name, Methods: []string{name, of.Method}})
	return name, pair.Rows[1]
}

// difference is one with its test.
func difference(d compare.Difference, unit float64) string {
	return d.Scaled(unit).Signed() + ", " + strings.ReplaceAll(d.PText(), "p = ", "p ") + ", " + string(d.Verdict)
}
