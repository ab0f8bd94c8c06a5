package experiment

import (
	"time"

	"github.com/xsam-go/xsam/recipe"
)

// Stage is what a run is doing.
type Stage string

const (
	Preparing  Stage = "preparing"  // reading data, compiling
	Training   Stage = "training"   // one event a step
	Evaluating Stage = "evaluating" // on the whole training and test set
	Measuring  Stage = "measuring"  // λmax, at the end
	Finished   Stage = "finished"
	Skipped    Stage = "skipped" // finished before
)

// Progress is what a run tells while it goes on. A number that is not known is NaN.
type Progress struct {
	Run, Runs int // the how-many-th of how many runs, from 1
	Name      string
	Stage     Stage

	Step, Steps int // finished updates, and all
	Epochs      int // all passes over the data
	Epoch       float64

	Loss         float64 // of the newest batch
	TestAccuracy float64 // of the newest evaluation, a fraction
	Validating   bool    // the run holds validation images out, and TestAccuracy is that of these
	Lambda       float64 // running estimate of the newest refresh; when Finished, λmax as it was measured
	AngleDeg     float64 // between gradient and v, newest step; when Finished, as it was measured

	Remaining time.Duration // estimate for all runs that are left; negative when nothing is known
}

// clock estimates the time left over many runs from the gradients that they take. Its zero value estimates nothing.
type clock struct {
	started time.Time
	begun   float64       // work that was done before the clock started, or without it
	weights []float64     // work of each run
	run     int           // the current one
	lost    time.Duration // to compiling
}

// newClock returns a clock for the recipes.
func newClock(recipes []recipe.Recipe) *clock {
	c := &clock{started: time.Now()}
	for _, r := range recipes {
		c.weights = append(c.weights, float64(r.Epochs)*r.GradientsPerStep())
	}
	return c
}

// skip takes a share of the current run's work as done without time: it was there already.
func (c *clock) skip(share float64) {
	if c.run < len(c.weights) {
		c.begun += share * c.weights[c.run]
	}
}

// compiled takes the time of compiling out of the estimate.
func (c *clock) compiled(d time.Duration) { c.lost += d }

// remaining estimates the time left when the given share of the current run is done.
func (c *clock) remaining(share float64) time.Duration {
	var all, done float64
	for i, w := range c.weights {
		all += w
		switch {
		case i < c.run:
			done += w
		case i == c.run:
			done += share * w
		}
	}
	elapsed := time.Since(c.started) - c.lost
	if done <= c.begun || elapsed < time.Second {
		return -1
	}
	return time.Duration(float64(elapsed) / (done - c.begun) * (all - done))
}
