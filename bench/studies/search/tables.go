package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"slices"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

const (
	chance      = 0.1  // accuracy of guessing: all problems have ten classes
	cheapest    = 1.3  // gradients a step of a form that is cheap
	noWorse     = -0.5 // points of accuracy
	cheapAtMost = 3    // forms of each kind that go on
)

// outcome is what a form has come to on a problem.
type outcome struct {
	accuracy  map[int64]float64 // in points, by seed
	gradients float64           // a step
	lost      int               // runs that diverged or have not learnt
}

// read takes the runs under a folder; nil where there are none, or not all of them.
func read(folder string, seeds int) (*outcome, error) {
	runs, err := runlog.ReadRuns(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	o := &outcome{accuracy: map[int64]float64{}}
	for _, r := range runlog.Summaries(runs) {
		switch {
		case r.Diverged:
			o.accuracy[r.Seed] = 100 * chance
			o.lost++
		case r.Finished:
			o.accuracy[r.Seed] = 100 * r.TestAccuracy.Float()
			o.gradients = r.GradientEvaluationsPerStep.Float()
			if r.NotLearnt != "" {
				o.lost++
			}
		}
	}
	if len(o.accuracy) < seeds {
		return nil, nil
	}
	return o, nil
}

// mean of the accuracies.
func (o *outcome) mean() compare.Estimate {
	var all []float64
	for _, seed := range slices.Sorted(maps.Keys(o.accuracy)) {
		all = append(all, o.accuracy[seed])
	}
	return compare.NewEstimate(all)
}

// score of a form in the screen: its accuracy less that of tuned SAM, mean over the problems.
type score struct {
	form
	by        map[string]compare.Estimate // by problem
	gradients float64
	lead      float64
}

// scores reads the screen: all forms that are whole, the best first.
func (s search) scores() (all []score, err error) {
	chosen, err := pick("screen", nil)
	if err != nil {
		return nil, err
	}
	for _, f := range screened {
		c := score{form: f, by: map[string]compare.Estimate{}}
		for _, p := range chosen {
			sam, err := read(s.place("screen", p, "sam"), screenSeeds)
			if err != nil {
				return nil, err
			}
			o, err := read(s.place("screen", p, f), screenSeeds)
			if err != nil {
				return nil, err
			}
			if o == nil || sam == nil {
				break
			}
			c.by[p.name], c.gradients = o.mean(), max(c.gradients, o.gradients)
			c.lead += (o.mean().Mean - sam.mean().Mean) / float64(len(chosen))
		}
		if len(c.by) == len(chosen) {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b score) int { return cmp.Compare(b.lead, a.lead) })
	return all, nil
}

// confirmed are the forms of stage 2: the best three of at most 1.3 gradients, the best three of the others, and the
// rivals. The screen must be whole.
func (s search) confirmed() ([]form, error) {
	all, err := s.scores()
	if err != nil {
		return nil, err
	}
	if len(all) < len(screened) {
		return nil, fmt.Errorf("the screen in %s has %d of %d forms: want all of them first", s.out, len(all), len(screened))
	}
	forms := slices.Clone(rivals)
	cheap, dear := 0, 0
	for _, c := range all {
		kind := &dear
		if c.gradients <= cheapest {
			kind = &cheap
		}
		if *kind++; *kind <= cheapAtMost && !slices.Contains(forms, c.form) {
			forms = append(forms, c.form)
		}
	}
	return forms, nil
}

// tables writes what is finished of both stages.
func tables(w io.Writer, out string) error {
	s := search{out: out}
	all, err := s.scores()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Screen, %d of %d forms: test accuracy in %%, n %d\n\n", len(all), len(screened), screenSeeds)
	fmt.Fprintln(w, "| form | gradients | D | G | less tuned SAM, mean |\n|---|---|---|---|---|")
	for _, c := range all {
		fmt.Fprintf(w, "| %s | %.2f | %s | %s | %+.2f |\n", c.form, c.gradients, c.by["D"], c.by["G"], c.lead)
	}
	if len(all) < len(screened) {
		return nil
	}
	forms, err := s.confirmed()
	if err != nil {
		return err
	}
	for _, budget := range []string{"steps", "gradients"} {
		if err := s.verdicts(w, forms, budget); err != nil {
			return err
		}
	}
	return nil
}

// verdicts writes the table of one budget over all problems that are whole.
func (s search) verdicts(w io.Writer, forms []form, budget string) error {
	good, better := map[form]int{}, map[form]int{}
	for _, p := range problems {
		values, found := map[string]map[int64]float64{}, map[form]*outcome{}
		for _, f := range forms {
			o, err := read(filepath.Join(s.place("confirm", p, f), "steps"), confirmSeeds)
			epochs := p.recipe(0).Epochs
			if err == nil && o != nil && budget == "gradients" && stretched(epochs, o.gradients) != epochs {
				o, err = read(filepath.Join(s.place("confirm", p, f), "gradients"), confirmSeeds)
			}
			if err != nil {
				return err
			}
			if o != nil {
				values[string(f)], found[f] = o.accuracy, o
			}
		}
		fmt.Fprintf(w, "\n%s, equal %s, %d of %d forms\n\n", p.name, budget, len(found), len(forms))
		if found["sam"] == nil || len(found) < len(forms) {
			continue
		}
		fmt.Fprintln(w, "| form | gradients | accuracy % | less SAM, points | p | lost |\n|---|---|---|---|---|---|")
		differences := compare.Differences(values, "sam")
		for _, f := range forms {
			o, d := found[f], differences[string(f)]
			if d == nil {
				fmt.Fprintf(w, "| %s | %.2f | %s | – | – | %d |\n", f, o.gradients, o.mean(), o.lost)
				continue
			}
			alone := d.Estimate
			alone.HalfWidth = d.Alone
			fmt.Fprintf(w, "| %s | %.2f | %s | %s | %s | %d |\n", f, o.gradients, o.mean(), alone.Signed(), d.PText(), o.lost)
			if !math.IsNaN(d.Alone) && d.Mean-d.Alone > noWorse && o.gradients <= cheapest {
				good[f]++
			}
			if d.Verdict == compare.Higher {
				better[f]++
			}
		}
	}
	fmt.Fprintf(w, "\nequal %s: no worse than SAM by %g points, of at most %g gradients: %v; better: %v\n", budget,
		-noWorse, cheapest, good, better)
	return nil
}
