package flags

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/internal/cli/internal/slurm"
	"github.com/xsam-go/xsam/runlog"
)

// Elsewhere says that other processes make the runs: those of a scheduler.
type Elsewhere struct {
	List, Slurm   bool
	words, sbatch []string // options of sbatch, as they were given and as it takes them
}

// elsewhere are the names of its flags, and of those about all runs together.
var elsewhere = []string{"list-runs", "slurm", "sbatch", "out", "resume", "force", "format", "quiet"}

// Add adds the flags.
func (e *Elsewhere) Add(set *pflag.FlagSet) {
	set.BoolVar(&e.List, "list-runs", false, "print the command of each run, one a line, for a scheduler, and make none")
	set.BoolVar(&e.Slurm, "slurm", false, "have Slurm make the runs, a task each, and wait for them; a task that is\n"+
		"preempted goes on where it was, as this command does when it is called again.\nAll nodes must see the folder of "+
		"the runs")
	set.StringArrayVar(&e.words, "sbatch", nil, "`option` of sbatch for --slurm, such as partition=gpu or time=4:00:00;\n"+
		"array=%4: no more than 4 runs at a time")
}

// Check finds words that contradict each other; apart are other flags whose runs cannot be made one by one.
func (e *Elsewhere) Check(given *pflag.FlagSet, apart ...string) (err error) {
	if len(e.words) > 0 && !e.Slurm {
		return exit.Usagef("--sbatch %q: want --slurm beside it", e.words[0])
	}
	for _, how := range []string{"list-runs", "slurm"} {
		if !given.Changed(how) || given.Lookup(how).Value.String() != "true" {
			continue
		}
		for _, name := range append([]string{"list-runs", "slurm", "resume", "force"}, apart...) {
			if name != how && given.Changed(name) {
				return exit.Usagef("--%s with --%s: want one of them", how, name)
			}
		}
	}
	if e.sbatch, err = slurm.Options(e.words); err != nil {
		return exit.Usage(err)
	}
	return nil
}

// PrintList prints the commands of runs, one a line, and on the second writer the one that makes the table of them.
func (e *Elsewhere) PrintList(stdout, stderr io.Writer, commands []string, table string) error {
	for _, c := range commands {
		if _, err := fmt.Fprintf(stdout, "xsam %s\n", c); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(stderr, "and then the table: %s --resume\n", table)
	return err
}

// BySlurm has tasks of Slurm make runs and waits for them. submitted is called once they are in the queue; command is the
// command line without what it says of all runs together, for an error that says how to go on.
func (e *Elsewhere) BySlurm(ctx context.Context, runs *slurm.Runs, submitted func() error, command string) (
	[]runlog.Summary, error) {
	defer runs.Bar.Clear()
	if err := runs.Submit(ctx, e.sbatch); err != nil {
		return nil, err
	}
	var ended []runlog.Summary
	err := submitted()
	if err == nil {
		ended, err = runs.Wait(ctx)
	}
	if err == nil {
		return ended, nil
	}
	command += " --slurm"
	for _, word := range e.words {
		command += " --sbatch=" + show.Quoted(word)
	}
	return nil, HowToGoOn(err, "go on with: "+command)
}

// Given writes the flags that the user gave, as a shell takes them, but for those about all runs together and those
// that are left out.
func Given(given *pflag.FlagSet, leaveOut func(name string) bool) string {
	var b strings.Builder
	given.Visit(func(f *pflag.Flag) {
		if !slices.Contains(elsewhere, f.Name) && !leaveOut(f.Name) {
			fmt.Fprintf(&b, " --%s=%s", f.Name, show.Quoted(f.Value.String()))
		}
	})
	return b.String()
}
