package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

const (
	chance     = 0.1  // accuracy of guessing: all problems have ten classes
	cheapest   = 1.3  // gradients a step of a form that is cheap
	dearest    = 2.05 // and of the others
	noWorse    = -0.5 // points of accuracy
	mostLost   = 1    // seeds of ten, of a form that can become the default
	ofEachKind = 3    // forms that go on

	wantedCheap, wantedBetter = 5, 3 // problems that a form must pass to become the default
)

// outcome is what a form has come to on a problem.
type outcome struct {
	accuracy  map[int64]float64 // in points, by seed
	gradients float64           // a step
	lost      int               // runs that diverged or have not learnt
}

// read takes the runs under a folder; nil where there are none, or not all of them. They must be of one setting.
func read(folder string, seeds int) (*outcome, error) {
	runs, err := runlog.ReadRuns(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	o := &outcome{accuracy: map[int64]float64{}}
	for i, r := range runlog.Summaries(runs) {
		if runs[i].Setup.Method != runs[0].Setup.Method {
			return nil, fmt.Errorf("%s has runs of %s and of %s: want those of one setting; move the others away", folder,
				runs[0].Setup.Method, runs[i].Setup.Method)
		}
		switch {
		case r.Diverged:
			o.accuracy[r.Seed] = 100 * chance
			o.lost++
		case r.Finished:
			accuracy := r.TestAccuracy
			if r.ValidationAccuracy.Known() {
				accuracy = r.ValidationAccuracy
			}
			o.accuracy[r.Seed] = 100 * accuracy.Float()
			o.gradients = r.GradientEvaluationsPerStep.Float()
			if r.NotLearnt != "" {
				o.lost++
			}
		}
	}
	if len(o.accuracy) != seeds {
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

// confirmed are the forms of stage 2: the rivals, and of the others the best three of at most 1.3 gradients and the
// best three of at most 2. The screen must be whole.
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
		if slices.Contains(rivals, c.form) || c.gradients > dearest || *kind == ofEachKind {
			continue
		}
		*kind++
		forms = append(forms, c.form)
	}
	return forms, nil
}
