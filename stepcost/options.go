package stepcost

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/recipe"
)

// Options say how the cost of a step is measured.
type Options struct {
	// Rounds is how often each method has its turn, ≥ 1. With fewer than six there are no intervals.
	Rounds int
	// Steps is the number of timed steps of a turn, ≥ 1, made up to whole cycles of the method's schedule.
	Steps int
	// Warmup is the number of untimed cycles of the schedule at the start, ≥ 1, after the steps that the method's own
	// WarmupRefreshes asks for.
	Warmup int
	// Devices is the number of devices over which each batch is spread, which must divide its size; 0 and 1 train on one.
	Devices int
	// Between is called after each round, for whatever else is to be timed in turn with the methods. It may be nil. Its
	// error ends the bench.
	Between func(ctx context.Context) error
	// Progress is called after each turn. It may be nil.
	Progress func(Progress)
}

// Progress is what a running bench reports.
type Progress struct {
	Method        string
	Round, Rounds int // the round of the turn, counted from 1; 0 while the method is compiled and warmed up
	Turn, Turns   int // turns done and turns in all, with those of round 0
}

// Most is the largest number of rounds, of steps in each, and of cycles to warm up.
const Most = 1_000_000

func (o Options) validate(recipes []recipe.Recipe) error {
	if min(o.Rounds, o.Steps, o.Warmup) < 1 || max(o.Rounds, o.Steps, o.Warmup) > Most {
		return fmt.Errorf("stepcost: bench of %d rounds of %d steps after %d cycles of warm-up: want 1 to %d of each",
			o.Rounds, o.Steps, o.Warmup, Most)
	}
	if o.Devices < 0 {
		return fmt.Errorf("stepcost: bench on %d devices: want 1 or more", o.Devices)
	}
	for _, r := range recipes {
		if err := r.CheckDevices(o.Devices); err != nil {
			return err
		}
	}
	return nil
}

// Validate reports what is wrong with the recipes of a bench, as far as it can be told without the data. Unlike those
// of a run they may be of RandomData.
func Validate(recipes []recipe.Recipe) error {
	if len(recipes) == 0 {
		return errors.New("stepcost: a bench of no methods: want at least one recipe")
	}
	var errs []error
	told := map[string]bool{}
	for _, r := range recipes {
		if r.Data == RandomData {
			r.Data = "glyphs" // of the names that Validate knows; no data are loaded
		}
		r.TrainSize = 0                                            // a bench takes as many examples as it wants
		if err := r.Validate(); err != nil && !told[err.Error()] { // most of it is the same for all methods
			told[err.Error()] = true
			errs = append(errs, err)
		}
		if r.Most > 0 {
			errs = append(errs, fmt.Errorf("stepcost: the schedule of %s adapts to the training, of which a bench has "+
				"none: want refresh-most 0", r.Method))
		}
		if cycleOf(r.Config) > longestCycle {
			errs = append(errs, fmt.Errorf("stepcost: the schedule of %s repeats after %d steps: want at most %d, which "+
				"are timed as a whole in each round: choose a smaller refresh-every or ascent-every",
				r.Method, cycleOf(r.Config), longestCycle))
		}
	}
	return errors.Join(errs...)
}

// RandomData is the name of images without meaning, for which only the time of a step is of interest.
const RandomData = "random"

// RandomImages draws n images of Gaussian pixels with uniform labels.
func RandomImages(height, width, channels, classes, n int, seed int64) *datasets.Set {
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	set := &datasets.Set{
		Name: RandomData, Height: height, Width: width, Channels: channels, Classes: classes,
		Pixels: make([]float32, n*height*width*channels), Labels: make([]int32, n),
	}
	for i := range set.Pixels {
		set.Pixels[i] = float32(random.NormFloat64())
	}
	for i := range set.Labels {
		set.Labels[i] = int32(random.IntN(classes))
	}
	return set
}
