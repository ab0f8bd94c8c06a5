package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"strings"

	"github.com/xsam-go/xsam/compare"
)

// tables writes what is finished of both stages.
func tables(w io.Writer, out string) error {
	s := search{out: out}
	all, err := s.scores()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Screen, %d of %d forms: validation accuracy in %%, n %d\n\n", len(all), len(screened), screenSeeds)
	fmt.Fprintln(w, "| form | gradients | G | M | less tuned SAM, mean |\n|---|---|---|---|---|")
	for _, c := range all {
		fmt.Fprintf(w, "| %s | %.2f | %s | %s | %+.2f |\n", c.form, c.gradients, c.by["G"], c.by["M"], c.lead)
	}
	if len(all) < len(screened) {
		return nil
	}
	forms, err := s.confirmed()
	if err != nil {
		return err
	}
	cheap, err := s.compared(w, forms, "steps", func(o *outcome, d compare.Difference) bool {
		return o.gradients <= cheapest && !math.IsNaN(d.Alone) && d.Mean-d.Alone > noWorse
	})
	if err != nil {
		return err
	}
	better, err := s.compared(w, forms, "gradients", func(o *outcome, d compare.Difference) bool {
		return o.gradients <= dearest && d.Verdict == compare.Higher
	})
	if err != nil {
		return err
	}
	lost := maps.Clone(cheap.lost)
	maps.Copy(lost, better.lost)
	_, err = fmt.Fprintf(w, "\nCheap and as good (at most %g gradients a step, equal steps, interval above %g points): %s\n"+
		"Better than SAM (p < 0.05 by Holm, equal gradients): %s\n", cheapest, noWorse, cheap.text(wantedCheap, lost),
		better.text(wantedBetter, lost))
	return err
}

// tally counts for each form the problems on which it passed.
type tally struct {
	forms  []form
	passed map[form]int
	lost   map[form]bool // more than one seed of one problem
	whole  int           // problems that are finished
}

// text says how many problems the forms passed, and which of them meet a verdict: passed on as many as wanted, and lost
// no more than one seed on any problem.
func (t tally) text(wanted int, lost map[form]bool) string {
	var passed, met []string
	for _, f := range t.forms {
		if n := t.passed[f]; n > 0 {
			passed = append(passed, fmt.Sprintf("%s on %d", f, n))
			if n >= wanted && !lost[f] {
				met = append(met, string(f))
			}
		}
	}
	list := func(forms []string) string { return cmp.Or(strings.Join(forms, ", "), "none") }
	return fmt.Sprintf("%s, of %d finished problems; wanted are %d of %d: %s", list(passed), t.whole, wanted,
		len(problems), list(met))
}

// outcomeOf is that of a form on a problem, with one budget; nil where it is not whole. With a form of two gradients
// the runs of equal steps are those of equal gradients.
func (s search) outcomeOf(p problem, f form, budget string) (*outcome, error) {
	o, err := read(filepath.Join(s.place("confirm", p, f), "steps"), confirmSeeds)
	epochs := p.recipe().Epochs
	if err != nil || o == nil || budget == "steps" || stretched(epochs, o.gradients) == epochs {
		return o, err
	}
	return read(filepath.Join(s.place("confirm", p, f), "gradients"), confirmSeeds)
}

// compared writes the tables of one budget, and counts on which problems each form passes.
func (s search) compared(w io.Writer, forms []form, budget string,
	passes func(*outcome, compare.Difference) bool) (tally, error) {
	t := tally{forms, map[form]int{}, map[form]bool{}, 0}
	for _, p := range problems {
		values, found, wanted := map[string]map[int64]float64{}, map[form]*outcome{}, 0
		for _, f := range forms {
			if !p.takes(f) {
				continue
			}
			wanted++
			o, err := s.outcomeOf(p, f, budget)
			if err != nil {
				return t, err
			}
			if o != nil {
				values[string(f)], found[f] = o.accuracy, o
			}
		}
		fmt.Fprintf(w, "\n%s, equal %s, %d of %d forms\n\n", p.name, budget, len(found), wanted)
		if len(found) < wanted {
			continue
		}
		t.whole++
		fmt.Fprintln(w, "| form | gradients | accuracy % | less SAM, points | p, Holm | lost |\n|---|---|---|---|---|---|")
		differences := compare.Differences(values, "sam")
		for _, f := range forms {
			o, d := found[f], differences[string(f)]
			if o == nil {
				continue
			}
			if o.lost > mostLost {
				t.lost[f] = true
			}
			if d == nil {
				fmt.Fprintf(w, "| %s | %.2f | %s | – | – | %d |\n", f, o.gradients, o.mean(), o.lost)
				continue
			}
			alone := d.Estimate
			alone.HalfWidth = d.Alone
			fmt.Fprintf(w, "| %s | %.2f | %s | %s | %s | %d |\n", f, o.gradients, o.mean(), alone.Signed(), d.PText(), o.lost)
			if passes(o, *d) {
				t.passed[f]++
			}
		}
	}
	return t, nil
}
