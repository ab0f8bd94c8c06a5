package flags

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/internal/cli/internal/slurm"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/tuning"
)

// Elsewhere says that other processes make the runs, those of a scheduler, and which one such a process makes.
type Elsewhere struct {
	List, Slurm   bool
	Only          string   // the name of a run
	words, sbatch []string // options of sbatch, as they were given and as it takes them
}

// Add adds the flags.
func (e *Elsewhere) Add(set *pflag.FlagSet) {
	set.BoolVar(&e.List, "list-runs", false, "print the command of each run, one a line, for a scheduler, and make none")
	set.StringVar(&e.Only, "only", "", "make one `run` alone, or go on with it, as the commands of --list-runs do: "+
		"xsam-seed0")
	set.BoolVar(&e.Slurm, "slurm", false, "have Slurm make the runs, a task each, and wait for them; a task that is\n"+
		"preempted goes on where it was, as this command does when it is called again.\nAll nodes must see the folder of "+
		"the runs")
	set.StringArrayVar(&e.words, "sbatch", nil, "`option` of sbatch for --slurm, such as partition=gpu or time=4:00:00;\n"+
		"array=%4: no more than 4 runs at a time")
}

// Check finds words that contradict each other; unlisted are other flags whose runs, or whose table, a list cannot
// have.
func (e *Elsewhere) Check(given *pflag.FlagSet, unlisted ...string) (err error) {
	if len(e.words) > 0 && !e.Slurm {
		return exit.Usagef("--sbatch %q: want --slurm beside it", e.words[0])
	}
	asked := map[string]bool{"list-runs": e.List, "only": e.Only != "", "slurm": e.Slurm}
	for _, how := range []string{"slurm", "only", "list-runs"} {
		others := []string{"slurm", "only", "list-runs", "resume", "force"}
		if how == "list-runs" {
			others = append(others, unlisted...)
		}
		for _, name := range others {
			if asked[how] && name != how && given.Changed(name) {
				return exit.Usagef("--%s with --%s: want one of them", how, name)
			}
		}
	}
	if e.sbatch, err = slurm.Options(e.words); err != nil {
		return exit.Usage(err)
	}
	return nil
}

// Command is a command line with the flags that the user gave, but for those that say who makes the runs, and how they
// go on.
func Command(command string, given *pflag.FlagSet, out string) string {
	given.Visit(func(f *pflag.Flag) {
		if slices.Contains([]string{"list-runs", "only", "slurm", "sbatch", "out", "resume", "force", "quiet"}, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if several, ok := f.Value.(pflag.SliceValue); ok {
			values = several.GetSlice()
		}
		for _, value := range values {
			command += fmt.Sprintf(" --%s=%s", f.Name, show.Quoted(value))
		}
	})
	return command + " --out=" + show.Quoted(out)
}

// commandOf makes one run of a command.
func commandOf(command, out, dir string) (string, error) {
	name, err := filepath.Rel(out, dir)
	return command + " --quiet --only=" + show.Quoted(filepath.ToSlash(name)), err
}

// PrintList prints the commands of runs, one a line, and on the second writer the one that makes the table of them.
func (e *Elsewhere) PrintList(stdout, stderr io.Writer, command, out string, recipes []recipe.Recipe) error {
	for _, dir := range recipe.Dirs(out, recipes) {
		line, err := commandOf(command, out, dir)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(stdout, line); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(stderr, "and then the table: %s --resume\n", command)
	return err
}

// One returns the run of --only and its directory: a trial of the search, which may be nil, or one of the runs that
// follow from what the search has chosen.
func (e *Elsewhere) One(out string, search *tuning.Search, runs func(*tuning.Tuning) ([]recipe.Recipe, error)) (
	r recipe.Recipe, dir string, err error) {
	var trials []tuning.Planned
	var tuned *tuning.Tuning
	if search != nil {
		if trials, err = search.Plan(); err != nil {
			return r, "", err
		}
	}
	for _, t := range trials {
		if t.Dir == filepath.FromSlash(e.Only) {
			return t.Recipe, filepath.Join(out, t.Dir), nil
		}
	}
	if search != nil {
		if tuned, err = tuning.Read(out); err != nil {
			return r, "", err
		}
	}
	recipes, err := runs(tuned)
	if err != nil {
		return r, "", err
	}
	dirs := recipe.Dirs(out, recipes)
	for i, dir := range dirs {
		if filepath.Base(dir) == e.Only {
			return recipes[i], dir, nil
		}
	}
	return r, "", exit.Usagef("--only %q: there is no such run: want one that --list-runs names, such as %s", e.Only,
		filepath.Base(dirs[0]))
}

// MakeOne makes a run, or goes on with it.
func MakeOne(ctx context.Context, run *Run, r recipe.Recipe, dir string, stderr io.Writer) error {
	engine, err := run.Open(ctx, stderr, run.Quiet)
	if err != nil {
		return err
	}
	defer engine.Finalize()
	run.Resume = true
	bar := progress.New(stderr, run.Quiet)
	_, err = experiment.Run(ctx, engine, r, dir, run.Options(bar))
	bar.Clear()
	if err != nil {
		return HowToGoOn(err, "go on with the same command")
	}
	return nil
}

// BySlurm returns what has tasks of Slurm make runs of a command, and waits for them. submitted is called once they are
// in the queue.
func (e *Elsewhere) BySlurm(ctx context.Context, command, out string, making experiment.Options, bar *progress.Bar,
	submitted func() error) experiment.Maker {
	return func(recipes []recipe.Recipe, dirs []string) (ended []runlog.Summary, err error) {
		defer bar.Clear()
		runs := &slurm.Runs{Out: out, Recipes: recipes, Dirs: dirs, Making: making, Bar: bar}
		for _, dir := range dirs {
			line, err := commandOf(command, out, dir)
			if err != nil {
				return nil, err
			}
			runs.Commands = append(runs.Commands, strings.TrimPrefix(line, "xsam "))
		}
		if err := runs.Submit(ctx, e.sbatch); err != nil {
			return nil, err
		}
		if err = submitted(); err == nil {
			if ended, err = runs.Wait(ctx); err == nil {
				return ended, nil
			}
		}
		again := command + " --slurm"
		for _, word := range e.words {
			again += " --sbatch=" + show.Quoted(word)
		}
		return nil, HowToGoOn(err, "go on with: "+again)
	}
}
