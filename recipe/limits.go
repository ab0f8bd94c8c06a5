package recipe

import (
	"fmt"
	"math"
)

// The sizes above which a recipe is taken for a mistake: what it asks for is found out before an engine is opened, and
// not by running out of memory.
const (
	largestImages = 10_000_000 // ImageNet has 1.3 million
	largestEpochs = 1_000_000
	largestSeeds  = 100_000
)

// MaxDevices is the largest number of devices over which a batch is spread.
const MaxDevices = 1024

// tooLarge reports sizes that no machine holds.
func (r Recipe) tooLarge() (errs []error) {
	for _, size := range []struct {
		name       string
		n, largest int
		unit       string
	}{
		{"train size", r.TrainSize, largestImages, "images"},
		{"test size", r.TestSize, largestImages, "images"},
		{"validation size", r.ValidationSize, largestImages, "images"},
		{"batch", r.Batch, largestImages, "images"},
		{"epochs", r.Epochs, largestEpochs, "epochs"},
		{"λmax examples", r.LambdaExamples, largestImages, "images"},
		{"λmax batch", r.LambdaBatch, largestImages, "images"},
	} {
		if size.n > size.largest {
			errs = append(errs, fmt.Errorf("recipe: %s = %d: want %d %s at most", size.name, size.n, size.largest, size.unit))
		}
	}
	return errs
}

// CheckSeeds reports why there cannot be so many runs of a method from a first seed on.
func CheckSeeds(first int64, seeds int) error {
	switch {
	case seeds < 1 || seeds > largestSeeds:
		return fmt.Errorf("recipe: %d seeds: want 1 to %d, 4 for a test that says something", seeds, largestSeeds)
	case first > math.MaxInt64-int64(seeds)+1:
		return fmt.Errorf("recipe: %d seeds from %d on: want seeds up to %d", seeds, first, math.MaxInt64)
	}
	return nil
}
