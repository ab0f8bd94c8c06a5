package tuning

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

const (
	trialSeed = 1000   // the first, of weights and batches of every trial; no run has it that is compared
	folder    = "tune" // of the trials, under that of the runs
)

// largestTrials is the number of trials of a method above which a search is taken for a mistake.
const largestTrials = 10_000

// CheckTrials reports why a method cannot have so many trials.
func CheckTrials(n int) error {
	if n < 1 || n > largestTrials {
		return fmt.Errorf("tuning: %d trials of each method: want 1 to %d", n, largestTrials)
	}
	return nil
}

// Planned is a run of a trial before it is made.
type Planned struct {
	Method string // without what the point sets
	Index  int    // of the point
	Recipe recipe.Recipe
	Fields string
	Dir    string // under the folder of the runs
}

// Plan returns the runs of the trials, those of one together: each point for all methods, then the next point. What a
// point does not change of a method is not tried twice.
func (s Search) Plan() ([]Planned, error) {
	base := s.Base
	base.Seed, base.LambdaProducts, base.LambdaEvery, base.EvaluateEvery = trialSeed, 0, 0, 0
	seen := map[string]bool{}
	var all []Planned
	for i, point := range s.Points {
		for _, method := range s.Methods {
			r, label := base, point.Label(method)
			key := fmt.Sprint(label, point.Rate, fieldsText(point.Fields))
			if seen[key] {
				continue
			}
			seen[key] = true
			r.LearningRate = point.Rate
			err := apply(&r, point.Fields)
			if err == nil {
				err = r.SetMethod(label, s.Settings)
			}
			if err == nil {
				err = r.Validate()
			}
			if err != nil {
				return nil, err
			}
			name := fmt.Sprintf("%s-trial%d", strings.NewReplacer(":", "_", "/", "_").Replace(method), i)
			for seed := range max(s.Seeds, 1) {
				dir := name
				if r.Seed = trialSeed + int64(seed); seed > 0 {
					dir = runlog.Name(name, r.Seed)
				}
				all = append(all, Planned{method, i, r, fieldsText(point.Fields), filepath.Join(folder, dir)})
			}
		}
	}
	return all, nil
}
