package reproduce

import (
	"context"

	"github.com/xsam-go/xsam/backend"
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

// Run makes the runs of a plan under out, each in its directory, and judges the paper's claims by their records. With
// tune it first searches the settings of each method, under out/tune, and trains with the chosen ones; the choice and
// all trials go to out/tune.json.
//
// A cancelled ctx returns its error; with experiment.Resume in options the next call goes on, also within the search.
func Run(ctx context.Context, engine *backend.Engine, p *Plan, out string, tune bool,
	options experiment.Options) (*Outcome, error) {
	if err := p.CheckData(tune); err != nil {
		return nil, err
	}
	outcome := &Outcome{}
	recipes, err := p.Recipes()
	if err == nil && tune {
		if outcome.Tuning, err = p.search().Run(ctx, engine, out, options); err == nil {
			recipes, err = p.tuned(outcome.Tuning)
		}
	}
	if err != nil {
		return outcome, err
	}
	dirs := recipe.Dirs(out, recipes)
	if outcome.Runs, err = experiment.RunAll(ctx, engine, recipes, dirs, options); err != nil {
		return outcome, err
	}
	judged, err := Judge(outcome.Runs, dirs, options.Warn)
	judged.Tuning = outcome.Tuning
	return judged, err
}

// Judge judges the paper's claims by the records of runs in their directories, which have ended with these summaries. warn,
// which may be nil, is called with what is wrong with a record.
func Judge(ended []runlog.Summary, dirs []string, warn func(string)) (*Outcome, error) {
	outcome := &Outcome{Runs: ended}
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
	var err error
	outcome.Findings, err = claims.Judge(runs)
	return outcome, err
}
