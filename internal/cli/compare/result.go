package compare

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/tuning"
)

// print writes the result in the format that was asked for; warnings that a format has no place for go to stderr. tuned
// is nil where nothing was tried before.
func (o *options) print(t *compare.Table, tuned *tuning.Tuning, recipes []recipe.Recipe, out string) error {
	if o.run.Format != "table" {
		show.Warnings(o.stderr, t.AllWarnings()...)
	}
	switch o.run.Format {
	case "json":
		return t.WriteJSON(o.stdout)
	case "csv":
		return t.WriteCSV(o.stdout)
	}
	fmt.Fprintf(o.stdout, "%s\n\n", heading(t.Runs, recipes))
	if err := t.WriteText(o.stdout); err != nil {
		return err
	}
	if tuned != nil {
		fmt.Fprintln(o.stdout)
		if err := tuned.WriteText(o.stdout); err != nil {
			return err
		}
	}
	o.run.PrintOrigins(o.stdout)
	if cost := show.CurvatureCost(t.Runs); cost != "" {
		fmt.Fprintf(o.stdout, "\ncurvature %s\n", cost)
	}
	runs := "runs"
	if len(t.Runs) == 1 {
		runs = "run"
	}
	fmt.Fprintf(o.stdout, "\n%d %s in %s on %s; records in %s\n", len(t.Runs), runs, show.Duration(worked(t.Runs)),
		engines(t.Runs), show.Path(out))
	fmt.Fprintf(o.stdout, "\n%s\n", strings.Join(next(t, out), "\n"))
	return nil
}

// next are commands that go on from the result: the page, and of runs that have finished the curvature of one, and
// twice the seeds.
func next(t *compare.Table, out string) []string {
	dir, run := show.Quoted(show.Path(out)), ofInterest(t)
	commands := []string{"xsam report " + dir}
	if run == "" {
		return commands
	}
	seeds := 0
	for _, row := range t.Rows {
		seeds = max(seeds, row.N)
	}
	return append(commands,
		"xsam curvature "+show.Quoted(show.Path(filepath.Join(out, run)))+" --measure spectrum,trace,density",
		fmt.Sprintf("xsam compare --resume %s --seeds %d", dir, max(compare.FewSeeds, 2*seeds)))
}

// ofInterest is the directory of the first finished run of the last method, "" where none has finished.
func ofInterest(t *compare.Table) string {
	for _, row := range slices.Backward(t.Rows) {
		for _, r := range t.Runs {
			if r.Method == row.Method && r.Finished {
				return runlog.Name(r.Method, r.Seed)
			}
		}
	}
	return ""
}

// engines names those that computed.
func engines(runs []runlog.Summary) string {
	var names []string
	for _, r := range runs {
		names = append(names, r.Backend)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// worked is the time that runs took, each as its record says: those that were there already count too.
func worked(runs []runlog.Summary) time.Duration {
	var sum time.Duration
	for _, r := range runs {
		if r.WallSeconds.Known() {
			sum += time.Duration(r.WallSeconds.Float() * float64(time.Second))
		}
	}
	return sum
}
