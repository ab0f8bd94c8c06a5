package reproduce

import (
	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/tuning"
)

// Outcome is what came out of a plan.
type Outcome struct {
	Runs     []runlog.Summary
	Findings []claims.Finding
	Tuning   *tuning.Tuning // nil without a search
}

// Run has the runs of a plan made under out, each in its directory, and judges the paper's claims by their records.
// With tune it first searches the settings of each method, under out/tune, and trains with the chosen ones; the choice
// and all trials go to out/tune.json. warn, which may be nil, is called with what is wrong with a record.
//
// An error of makeRuns ends it: with experiment.Here one that wraps that of a cancelled context, and
// experiment.Resume in the options has the next call go on, also within the search.
func Run(makeRuns experiment.Maker, p *Plan, out string, tune bool, warn func(string)) (*Outcome, error) {
	if err := p.CheckData(tune); err != nil {
		return nil, err
	}
	outcome := &Outcome{}
	var err error
	if tune {
		if outcome.Tuning, err = p.Search().Run(makeRuns, out); err != nil {
			return outcome, err
		}
	}
	recipes, err := p.Chosen(outcome.Tuning)
	if err != nil {
		return outcome, err
	}
	dirs := recipe.Dirs(out, recipes)
	if outcome.Runs, err = makeRuns(recipes, dirs); err != nil {
		return outcome, err
	}
	var runs []*runlog.Run
	for _, dir := range dirs {
		r, err := runlog.ReadRun(dir)
		if err != nil {
			return outcome, err
		}
		for _, p := range r.Problems {
			if warn != nil {
				warn(p)
			}
		}
		runs = append(runs, r)
	}
	outcome.Findings, err = claims.Judge(runs)
	return outcome, err
}
