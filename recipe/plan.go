package recipe

import (
	"fmt"
	"hash/fnv"
	"path/filepath"

	"github.com/xsam-go/xsam/runlog"
)

// Plan returns the recipes that compare the methods over seeds, first, first + 1, …: base with each method in turn
// for one seed, then for the next, so that a machine that slows down slows all methods alike. The settings in common
// are those of SetMethod.
func Plan(base Recipe, methods []string, common map[string]string, first int64, seeds int) ([]Recipe, error) {
	if err := CheckSeeds(first, seeds); err != nil {
		return nil, err
	}
	var recipes []Recipe
	for i := range int64(seeds) {
		for _, method := range methods {
			r := base
			r.Seed = first + i
			if err := r.SetMethod(method, common); err != nil {
				return nil, err
			}
			recipes = append(recipes, r)
		}
	}
	return recipes, nil
}

// Dirs returns the run directories of recipes under out.
func Dirs(out string, recipes []Recipe) []string {
	dirs := make([]string, len(recipes))
	for i, r := range recipes {
		dirs[i] = filepath.Join(out, runlog.Name(r.Method, r.Seed))
	}
	return dirs
}

// DeriveSeed makes a seed for one purpose out of the run's seed, so that no two purposes draw the same numbers.
func DeriveSeed(seed int64, purpose string) int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", seed, purpose)
	return int64(h.Sum64() >> 1)
}
