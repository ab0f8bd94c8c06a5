package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// family is what a setting is a setting of.
func family(method string) string {
	name, _, _ := strings.Cut(method, ":")
	return name
}

// winners are each family's setting with the highest mean accuracy, among equals the lower λmax, in the order of the
// runs.
func winners(t *compare.Table) []string {
	var families []string
	top := map[string]compare.Row{}
	for _, r := range t.Rows {
		if r.N == 0 {
			continue
		}
		old, known := top[family(r.Method)]
		if !known {
			families = append(families, family(r.Method))
		}
		if !known || byAccuracy(r, old) < 0 {
			top[family(r.Method)] = r
		}
	}
	methods := make([]string, len(families))
	for i, f := range families {
		methods[i] = top[f].Method
	}
	return methods
}

// tuned prints the test of each family's winner against SAM's. Test runs of other settings are not looked at.
func tuned(validation, test string, w io.Writer) error {
	trials, err := load(validation)
	if err != nil {
		return err
	}
	table := compare.New(trials, compare.Options{})
	methods := winners(table)
	fmt.Fprintf(w, "Chosen: %s\n\n", strings.Join(methods, ","))
	runs, err := load(test)
	if err != nil {
		return err
	}
	runs = slices.DeleteFunc(runs, func(r runlog.Summary) bool { return !slices.Contains(methods, r.Method) })
	sam := slices.IndexFunc(methods, func(m string) bool { return family(m) == "sam" })
	if sam < 0 {
		return fmt.Errorf("%s has no run of sam", validation)
	}
	t := compare.New(runs, compare.Options{Baseline: methods[sam], Methods: methods})
	fmt.Fprintln(w, "| method, as chosen | validation accuracy % | n | test accuracy % | λmax | training loss | "+
		"accuracy − SAM's | λmax − SAM's |\n|---|---|---|---|---|---|---|---|")
	for _, m := range methods {
		trial, err := row(table, m)
		if err != nil {
			return err
		}
		r, err := row(t, m)
		if err != nil {
			return fmt.Errorf("%s: %w", test, err)
		}
		cells := []string{"`" + m + "`", fmt.Sprintf("%.1f", 100*trial.Accuracy().Mean), fmt.Sprint(r.N),
			r.Accuracy().Percent(), r.LambdaMax.String(), r.TrainLoss.String(), "", ""}
		if r.AccuracyDifference != nil {
			cells[6], cells[7] = difference(*r.AccuracyDifference, 100), difference(*r.LambdaDifference, 1)
		}
		fmt.Fprintln(w, "| "+strings.Join(cells, " | ")+" |")
	}
	return nil
}
