package report

import (
	"fmt"
	"slices"

	"github.com/xsam-go/xsam/runlog"
)

// facts say in a line what was trained, and how far it is.
func (c *Comparison) facts() []string {
	if len(c.Runs) == 0 {
		return nil
	}
	return append(c.Facts(), fmt.Sprintf("%d of %s finished", c.finished(), count(len(c.Runs), "run")))
}

// Facts say in a line what was trained, as far as it is the same in all runs.
func (c *Comparison) Facts() []string {
	if len(c.Runs) == 0 {
		return nil
	}
	var facts []string
	for _, fact := range []func(runlog.Task) string{
		func(t runlog.Task) string { return t.Data },
		func(t runlog.Task) string { return t.Model },
		func(t runlog.Task) string { return count(t.Epochs, "epoch") },
		func(t runlog.Task) string {
			if t.LabelNoise == 0 {
				return ""
			}
			return fmt.Sprintf("%g %% of the training labels random", 100*t.LabelNoise)
		},
	} {
		text := fact(c.Runs[0].Setup.Task)
		differs := func(r *runlog.Run) bool { return fact(r.Setup.Task) != text }
		if text != "" && !slices.ContainsFunc(c.Runs, differs) {
			facts = append(facts, text)
		}
	}
	return facts
}

// mixture says what the tasks of the runs differ in, "epochs 5 and 40"; nothing where all are of one.
func (c *Comparison) mixture() (names []string) {
	for _, r := range c.Runs {
		for _, name := range c.Runs[0].Setup.Differences(r.Setup.Task) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
