package reproduce

import (
	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/reproduce"
	"github.com/xsam-go/xsam/tuning"
)

// planOptions are the flags of xsam reproduce show and run that decide what is run.
type planOptions struct {
	scale, dir    string
	seeds, trials int
	tune          bool
}

// add adds the flags that decide what is run.
func (o *planOptions) add(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&o.scale, "scale", string(reproduce.Full),
		"`scale`: full (the paper's) or small (smaller models, fewer images and epochs:\nhalf an hour on two cores)")
	cmd.Flags().IntVar(&o.seeds, "seeds", 0,
		"`number` of runs of each method (default: 3 of the paper's form, 5 of the others)")
	cmd.Flags().BoolVar(&o.tune, "tune", false,
		"first search lr, ρ and α of each method, with the same number of trials, on\nvalidation images")
	cmd.Flags().IntVar(&o.trials, "trials", 0,
		"`number` of trials of each method with --tune (default: 8, at the small scale 5)")
	flags.AddDataDir(cmd.Flags(), &o.dir)
	flags.Complete(cmd, "scale", reproduce.Scales)
}

// newPlan returns the plan that the flags stand for.
func (o *planOptions) newPlan(name string) (*reproduce.Plan, error) {
	study, err := reproduce.Find(name)
	if err != nil {
		return nil, exit.Usage(err)
	}
	p, err := reproduce.NewPlan(study, reproduce.Scale(o.scale), o.dir, o.seeds)
	if err != nil {
		return nil, exit.Usage(err)
	}
	if o.trials < 0 || (o.trials > 0 && !o.tune) {
		return nil, exit.Usagef("--trials %d: want 1 or more, and --tune", o.trials)
	}
	if o.trials > 0 {
		if err := tuning.CheckTrials(o.trials); err != nil {
			return nil, exit.Usage(err)
		}
		p.Trials = o.trials
	}
	return p, nil
}
