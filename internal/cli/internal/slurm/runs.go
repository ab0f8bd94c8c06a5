package slurm

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Runs are training runs that tasks make, each in a directory of its own.
type Runs struct {
	Out      string // the folder above all directories
	Recipes  []recipe.Recipe
	Dirs     []string
	Commands []string           // each makes its run, or goes on with it: the arguments, as a shell takes them
	Making   experiment.Options // as the commands have them
	Bar      *progress.Bar

	index   map[string]int    // of each run by its name
	ended   []*runlog.Summary // of each run that has
	jobs    []*job            // with tasks that make others
	last    []last            // what was seen of the task of each run
	unheard bool              // squeue did not answer
}

// last is what was seen of a task.
type last struct {
	task
	of *job
}

// Submit submits jobs for the runs that have not ended and that no job makes already. It fails where Slurm does not
// take them, and where a directory holds something else; runs of an earlier call are found by their records and jobs.
// options are those of sbatch, from the function of this name.
func (r *Runs) Submit(ctx context.Context, options []string) error {
	r.ended, r.last = make([]*runlog.Summary, len(r.Dirs)), make([]last, len(r.Dirs))
	r.index = map[string]int{}
	for i := range r.Dirs {
		r.index[r.name(i)] = i
		if err := r.look(i, experiment.Skipped); err != nil {
			return err
		}
	}
	left := r.left()
	if len(left) == 0 {
		return nil
	}
	known, err := readJobs(r.Out)
	if err != nil {
		return err
	}
	tasks, err := queue(ctx)
	if err != nil {
		return err
	}
	for _, j := range known {
		if r.see(j, tasks) {
			r.Bar.Print(fmt.Sprintf("xsam: job %s of %s is in the queue still", j.ID, show.Path(j.Script)))
			r.jobs = append(r.jobs, j)
		}
	}
	absent := slices.DeleteFunc(left, func(i int) bool { return r.last[i].of != nil && r.last[i].alive() })
	most, err := mostTasks(ctx)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(absent, most) {
		var names, commands []string
		for _, i := range part {
			names, commands = append(names, r.name(i)), append(commands, r.Commands[i])
			r.last[i] = last{} // of an earlier job
		}
		j, err := submit(ctx, r.Out, names, commands, options)
		if err != nil {
			return err
		}
		r.Bar.Print(fmt.Sprintf("xsam: job %s: %d runs, a task each; %s", j.ID, len(names), show.Path(j.Script)))
		r.jobs = append(r.jobs, j)
	}
	return nil
}

// look takes notice of a run that has ended.
func (r *Runs) look(i int, stage experiment.Stage) error {
	if _, err := os.Stat(filepath.Join(r.Dirs[i], runlog.SummaryFile)); err != nil && stage == experiment.Finished {
		return nil
	}
	s, err := experiment.Ended(r.Recipes[i], r.Dirs[i], r.Making)
	if s == nil {
		return err
	}
	r.ended[i] = s
	if err != nil { // it diverged
		r.Bar.Warn(err.Error())
	}
	p := experiment.Progress{Run: i + 1, Runs: len(r.Dirs), Name: filepath.Base(r.Dirs[i]), Stage: stage,
		TestAccuracy: s.TestAccuracy.Float(), Lambda: s.LambdaMax.Float(), Remaining: -1}
	if p.Validating = r.Recipes[i].ValidationSize > 0; p.Validating {
		p.TestAccuracy = s.ValidationAccuracy.Float()
	}
	r.Bar.Run(p)
	return nil
}

// left are the runs that have not ended.
func (r *Runs) left() (left []int) {
	for i, s := range r.ended {
		if s == nil {
			left = append(left, i)
		}
	}
	return left
}

// see notes what is said of the tasks of a job that make runs here, and tells whether one of them runs or will.
func (r *Runs) see(j *job, tasks []task) (alive bool) {
	of := make([]task, len(j.Runs))
	others := forgotten
	for _, t := range tasks {
		switch {
		case !j.is(t):
			continue
		case t.number > 0:
			of[t.number-1] = t
		case !t.alive():
			others = t.state
		}
		j.ID = t.job
	}
	for k, name := range j.Runs {
		if of[k].number == 0 {
			of[k] = task{number: k + 1, state: others}
		}
		i, here := r.index[name]
		if !here || r.ended[i] != nil {
			continue
		}
		alive = alive || of[k].alive()
		if was := r.last[i]; of[k].alive() || was.of == nil || was.of == j || !was.alive() { // else another job makes it
			r.last[i] = last{of[k], j}
		}
	}
	return alive
}

// name is the directory of a run below the folder of all.
func (r *Runs) name(i int) string {
	name, err := filepath.Rel(r.Out, r.Dirs[i])
	if err != nil {
		return r.Dirs[i]
	}
	return name
}
