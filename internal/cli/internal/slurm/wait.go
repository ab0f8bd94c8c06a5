package slurm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/runlog"
)

// The time between two looks at the records; that between two questions about the queue, which grows, for clusters do
// not like to be asked often; and the time that a shared folder may take to show the record of a task that has ended.
const (
	lookEvery = 3 * time.Second
	firstGap  = time.Second
	growth    = 1.2
	lastGap   = 30 * time.Second
	settling  = time.Minute
)

// Wait waits until the runs have ended, and returns their summaries. When tasks have ended without the record of their
// run it says which.
func (r *Runs) Wait(ctx context.Context) ([]runlog.Summary, error) {
	var next, idle time.Time
	said, gap := "", firstGap
	for {
		if len(r.left()) > 0 && !time.Now().Before(next) { // before the records: what has left the queue then has its own
			switch alive := r.ask(ctx); {
			case alive:
				idle = time.Time{}
			case idle.IsZero():
				idle = time.Now()
			}
			next, gap = time.Now().Add(gap), min(lastGap, time.Duration(growth*float64(gap)))
		}
		var broken error // the first record of something else
		for _, i := range r.left() {
			broken = cmp.Or(broken, r.look(i, experiment.Finished))
		}
		left := r.left()
		switch err := ctx.Err(); {
		case len(left) == 0:
			return r.summaries(), nil
		case err != nil:
			return nil, fmt.Errorf("%d of %d runs are done, and the others left to %s: %w", len(r.Dirs)-len(left),
				len(r.Dirs), r.numbers(), err)
		case !idle.IsZero() && broken != nil:
			return nil, broken
		case !idle.IsZero() && (r.failed(left) || time.Since(idle) > settling):
			return nil, r.lost(left)
		}
		if text := r.status(left); text != said {
			said = text
			r.Bar.Show(0, len(r.Dirs)-len(left), len(r.Dirs), text)
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(gap, lookEvery)):
		}
	}
}

// ask asks for the queue, and tells whether a task of the runs is in it, or nothing was heard.
func (r *Runs) ask(ctx context.Context) (alive bool) {
	tasks, err := queue(ctx)
	if err != nil {
		if ctx.Err() == nil && !r.unheard {
			r.Bar.Warn(err.Error() + ": asking again")
		}
		r.unheard = true
		return true
	}
	r.unheard = false
	for _, j := range r.jobs {
		alive = r.see(j, tasks) || alive
	}
	return alive
}

// status says how far the jobs are.
func (r *Runs) status(left []int) string {
	running, waiting, why := 0, 0, ""
	for _, i := range left {
		switch t := r.last[i]; {
		case t.of == nil || !t.alive():
		case t.state == "PENDING":
			waiting++
			if t.why != "None" {
				why = t.why
			}
		default:
			running++
		}
	}
	text := fmt.Sprintf("%s: %d of %d runs done, %d running, %d waiting", r.numbers(), len(r.Dirs)-len(left), len(r.Dirs),
		running, waiting)
	if why != "" {
		text += " (" + why + ")"
	}
	return text
}

// numbers names the jobs.
func (r *Runs) numbers() string {
	var all []string
	for _, j := range r.jobs {
		all = append(all, j.ID)
	}
	if len(all) == 1 {
		return "job " + all[0]
	}
	return "jobs " + strings.Join(all, ", ")
}

// failed tells whether the tasks of all these runs are known to have ended otherwise than with success.
func (r *Runs) failed(left []int) bool {
	return !slices.ContainsFunc(left, func(i int) bool {
		return r.last[i].state == "COMPLETED" || r.last[i].state == forgotten || r.last[i].alive()
	})
}

// mostNamed is the number of runs that an error names.
const mostNamed = 3

// lost is the error of tasks that have ended without the record of their run.
func (r *Runs) lost(left []int) error {
	var names []string
	for _, i := range left {
		if len(names) == mostNamed {
			names = append(names, fmt.Sprintf("and %d more", len(left)-mostNamed))
			break
		}
		t := r.last[i]
		names = append(names, fmt.Sprintf("%s (%s, %s)", r.name(i), t.state, show.Path(t.of.log(t.number))))
	}
	return fmt.Errorf("slurm: %d of %d runs have not ended, and no task of %s makes them any more: %s", len(left),
		len(r.Dirs), r.numbers(), strings.Join(names, ", "))
}

// summaries are those of all runs.
func (r *Runs) summaries() (all []runlog.Summary) {
	for _, s := range r.ended {
		all = append(all, *s)
	}
	return all
}
