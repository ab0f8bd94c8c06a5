package report

import (
	"cmp"
	"io/fs"
	"slices"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// Comparison is a folder of runs: what one table and one set of charts show.
type Comparison struct {
	// Name is the title, the name of the folder.
	Name string
	// Runs are sorted by method and seed. Of their measurements there are those alone that are settled.
	Runs []*runlog.Run
	// Problems are those of directories that hold no readable run.
	Problems []string

	order []string // the methods by which looks go round; nil for the comparison's own
}

// Load reads the run directories dirs of a file system. Directories whose config.json cannot be read are no runs but
// problems of the comparison; whatever else cannot be read is left out, and named in the problems of its run.
func Load(fsys fs.FS, name string, dirs []string) *Comparison {
	c := &Comparison{Name: name}
	for _, dir := range dirs {
		run, err := runlog.Open(fsys, dir)
		if err != nil {
			c.Problems = append(c.Problems, err.Error()+": the run is left out")
			continue
		}
		run.Measurements = runlog.Settled(run.Measurements)
		c.Runs = append(c.Runs, run)
	}
	c.sort()
	return c
}

// sort puts the runs in the order of the page.
func (c *Comparison) sort() {
	slices.SortStableFunc(c.Runs, func(a, b *runlog.Run) int {
		x, y := a.Summary, b.Summary
		return cmp.Or(compareMethods(x.Method, y.Method), cmp.Compare(x.Seed, y.Seed))
	})
}

// Merge adds the runs and the problems of another comparison.
func (c *Comparison) Merge(other *Comparison) {
	c.Runs, c.Problems = append(c.Runs, other.Runs...), append(c.Problems, other.Problems...)
	c.sort()
}

// AllProblems are the problems of the comparison and of its runs.
func (c *Comparison) AllProblems() []string {
	all := slices.Clone(c.Problems)
	for _, r := range c.Runs {
		all = append(all, r.Problems...)
	}
	return all
}

// Methods are the methods in the order of the page.
func (c *Comparison) Methods() (methods []string) {
	for _, r := range c.Runs {
		if !slices.Contains(methods, r.Summary.Method) {
			methods = append(methods, r.Summary.Method)
		}
	}
	return methods
}

// style is the number of a method's look, the same in every figure and table.
func (c *Comparison) style(method string) int {
	order := c.order
	if order == nil {
		order = c.Methods()
	}
	return max(0, slices.Index(order, method)) % styles
}

// of returns the runs of a method.
func (c *Comparison) of(method string) (runs []*runlog.Run) {
	for _, r := range c.Runs {
		if r.Summary.Method == method {
			runs = append(runs, r)
		}
	}
	return runs
}

// finished is the number of finished runs.
func (c *Comparison) finished() (n int) {
	for _, r := range c.Runs {
		if r.Summary.Finished {
			n++
		}
	}
	return n
}

// ended are the runs of which nothing is to come: finished, or diverged.
func (c *Comparison) ended() (n int) {
	for _, r := range c.Runs {
		if r.Summary.Finished || r.Summary.Diverged {
			n++
		}
	}
	return n
}

// table compares with a baseline; "" is the one that compare chooses.
func (c *Comparison) table(baseline string) *compare.Table {
	return compare.New(runlog.Summaries(c.Runs), compare.Options{Methods: c.Methods(), Baseline: baseline})
}
