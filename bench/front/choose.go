package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/plots"
)

// classes are the upper ends of the classes of cost, in gradients a step; best go on from each.
var classes = []float64{1.25, 1.6, 2}

const best = 2

// candidate tells whether the rule may choose a method: the settings of X-SAM at ρ = 0.05, which is the default.
func candidate(method string) bool {
	return strings.HasPrefix(method, "xsam") && !strings.Contains(method, ":rho=")
}

// same tells whether two settings came to the same steps: an ascent every fifth step and a pair every fifth is a pair
// every fifth.
func same(a, b compare.Row) bool {
	return a.Accuracy().Mean == b.Accuracy().Mean && a.LambdaMax.Mean == b.LambdaMax.Mean &&
		a.TrainLoss.Mean == b.TrainLoss.Mean
}

// byAccuracy orders settings by mean accuracy, the highest first, and equals by λmax, the lowest first. Accuracies
// are fractions of whole numbers of images: means that differ by less than 1e-9 differ by rounding.
func byAccuracy(a, b compare.Row) int {
	rounded := func(r compare.Row) float64 { return math.Round(1e9 * r.Accuracy().Mean) }
	return cmp.Or(cmp.Compare(rounded(b), rounded(a)), cmp.Compare(a.LambdaMax.Mean, b.LambdaMax.Mean))
}

// chosen applies the rule: in each class the two candidates with the highest mean accuracy, among equals the lower
// λmax. Of those that are the same the first one stands for all.
func chosen(t *compare.Table) []string {
	var methods []string
	low := 0.0
	for _, high := range classes {
		var class []compare.Row
		for _, r := range t.Rows {
			if cost := r.GradientsPerStep.Mean; !candidate(r.Method) || r.N == 0 || cost <= low || cost > high {
				continue
			}
			if !slices.ContainsFunc(class, func(other compare.Row) bool { return same(r, other) }) {
				class = append(class, r)
			}
		}
		slices.SortStableFunc(class, byAccuracy)
		for _, r := range class[:min(best, len(class))] {
			methods = append(methods, r.Method)
		}
		low = high
	}
	return methods
}

func choose(dir, out string, w io.Writer) error {
	runs, err := load(dir)
	if err != nil {
		return err
	}
	t := compare.New(runs, compare.Options{})
	methods := chosen(t)
	rows := slices.DeleteFunc(slices.Clone(t.Rows), func(r compare.Row) bool { return r.N == 0 })
	slices.SortStableFunc(rows, func(a, b compare.Row) int {
		return cmp.Or(cmp.Compare(a.GradientsPerStep.Mean, b.GradientsPerStep.Mean), strings.Compare(a.Method, b.Method))
	})
	fmt.Fprintf(w, "| method | n | gradients | %s accuracy %% | λmax | training loss | "+
		"|\n|---|---|---|---|---|---|---|\n", t.Held())
	for _, r := range rows {
		mark := ""
		if slices.Contains(methods, r.Method) {
			mark = "goes on"
		}
		fmt.Fprintf(w, "| `%s` | %d | %.2f | %s | %s | %s | %s |\n", r.Method, r.N, r.GradientsPerStep.Mean,
			r.Accuracy().Percent(), r.LambdaMax, r.TrainLoss, mark)
	}
	fmt.Fprintf(w, "\nThe settings that go on: %s\n", strings.Join(methods, ","))
	for _, warning := range t.AllWarnings() {
		fmt.Fprintf(w, "\nWarning: %s\n", warning)
	}
	if out == "" {
		return nil
	}
	return draw(t, out)
}

// draw puts λmax and accuracy over the cost, with a line for each thing that is turned.
func draw(t *compare.Table, out string) error {
	for _, picture := range []struct {
		file, axis string
		value      func(r compare.Row) float64
	}{
		{"front-lambda.svg", "λmax", func(r compare.Row) float64 { return r.LambdaMax.Mean }},
		{"front-accuracy.svg", t.Held() + " accuracy, %", func(r compare.Row) float64 { return 100 * r.Accuracy().Mean }},
	} {
		var series []plots.Series
		for _, s := range turned {
			points := plots.Series{Name: s.name, Dashed: s.dashed}
			for _, value := range s.values {
				if r, err := row(t, strings.ReplaceAll(s.method, "*", value)); err == nil {
					points.X, points.Y = append(points.X, r.GradientsPerStep.Mean), append(points.Y, picture.value(r))
				}
			}
			if len(points.X) > 0 {
				series = append(series, points)
			}
		}
		err := plots.WriteLines(filepath.Join(out, picture.file),
			plots.Lines{Title: "What a gradient buys", X: "gradients a step", Y: picture.axis, Series: series})
		if err != nil {
			return err
		}
	}
	return nil
}

var intervals, radius = []string{"20", "10", "5", "3", "2"}, []string{"0.05", "0.1", "0.2", "0.4"}

// turned are the settings in the pictures: methods with * for what is turned. What was not run is left out.
var turned = []struct {
	name, method string
	values       []string
	dashed       bool
}{
	{"no ascents, k 20 to 2", "xsam:ascent-every=0:refresh-every=*", intervals, false},
	{"every third step, k 20 to 2", "xsam:ascent-every=3:refresh-every=*", intervals, false},
	{"every step, k 20 to 2", "xsam:ascent-every=1:refresh-every=*", intervals, false},
	{"SAM, ρ 0.05 to 0.4", "sam:rho=*", radius, true},
	{"LookSAM, ρ 0.05 to 0.4", "looksam:rho=*", radius, true},
	{"no ascents, r 0.1 to 0.4", "xsam:ascent-every=0:rho=*:probe-radius=*:refresh-every=5", radius, true},
	{"every step, ρ = r 0.1 to 0.4", "xsam:ascent-every=1:rho=*:probe-radius=*:refresh-every=5", radius, true},
	{"SGD", "sgd", []string{""}, false},
}
