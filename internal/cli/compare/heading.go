package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// heading says what was trained on what, and for how long: in a line, or, where the settings that were chosen make
// that differ, in one more for each group of methods.
func heading(runs []runlog.Summary, recipes []recipe.Recipe) string {
	first := recipes[0]
	var lengths []string
	methods := map[string][]string{} // by length
	for _, r := range recipes {
		length := fmt.Sprintf("%d epochs of %s, batch %d", r.Epochs, images(runs, recipes, r), r.Batch)
		if !slices.Contains(lengths, length) {
			lengths = append(lengths, length)
		}
		if !slices.Contains(methods[length], r.Method) {
			methods[length] = append(methods[length], r.Method)
		}
	}
	if len(lengths) == 1 {
		return fmt.Sprintf("%s, %s, %s%s", first.Data, first.Model, lengths[0], noise(first))
	}
	text := fmt.Sprintf("%s, %s%s", first.Data, first.Model, noise(first))
	for _, length := range lengths {
		text += fmt.Sprintf("\n  %s: %s", strings.Join(methods[length], ", "), length)
	}
	return text
}

// images describes the amount of training data of a recipe: its steps, as a run of the same length had them, where
// the size was left to the data set.
func images(runs []runlog.Summary, recipes []recipe.Recipe, r recipe.Recipe) string {
	if r.TrainSize > 0 {
		return fmt.Sprintf("%d images", r.TrainSize)
	}
	for _, s := range runs {
		alike := func(o recipe.Recipe) bool { return o.Method == s.Method && o.Epochs == r.Epochs && o.Batch == r.Batch }
		if s.Finished && slices.ContainsFunc(recipes, alike) {
			return fmt.Sprintf("%d steps", int(s.Steps)/r.Epochs)
		}
	}
	return "all images"
}

func noise(r recipe.Recipe) string {
	if r.LabelNoise == 0 {
		return ""
	}
	return fmt.Sprintf(", %g %% of the training labels random", 100*r.LabelNoise)
}
