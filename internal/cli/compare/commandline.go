package compare

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/datasets/own"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/models/weights"
	"github.com/xsam-go/xsam/recipe"
)

// CommandLine returns the xsam compare command that makes the runs of a comparison again, one command for each group
// of methods that share a recipe, and for each range of seeds where there are gaps. What cannot be put as such a
// command, and runs of versions that had other recipes, give "".
func CommandLine(c *report.Comparison) string {
	var groups []*group
	for _, r := range c.Runs {
		saved, err := recipe.Read(r)
		made := saved.Recipe
		if err != nil || r.Setup.RawC() || made.Validate() != nil {
			return ""
		}
		line, ok := recipeFlagsOf(made)
		common, found := settingsOf(made)
		if !ok || !found {
			return ""
		}
		if common != "" {
			line += " " + common
		}
		if saved.Devices > 1 {
			line += fmt.Sprintf(" --devices %d", saved.Devices)
		}
		at := slices.IndexFunc(groups, func(g *group) bool { return g.line == line })
		if at < 0 {
			at, groups = len(groups), append(groups, &group{line: line, seeds: map[string][]int64{}})
		}
		groups[at].add(made.Method, made.Seed)
	}
	var lines []string
	for _, g := range groups {
		lines = append(lines, g.commands()...)
	}
	return strings.Join(lines, "\n")
}

// recipeFlagsOf names what differs from the defaults of the data set; false when something that has no flag does. The
// folder of the data is left to the environment: that of one machine is none of another's.
func recipeFlagsOf(r recipe.Recipe) (string, bool) {
	defaults := recipe.Defaults(r.Data)
	suited := defaults
	suited.Model, suited.Optimizer, suited.Task = r.Model, r.Optimizer, r.Task
	suited.Suit(r.TrainSize)
	line := dataFlag(r)
	for _, field := range recipe.Fields {
		text, usual := field.Text(&r), field.Text(&defaults)
		switch field.Flag {
		case "base":
			usual = recipe.UsualBase(r.Model)
		case "lr", "weight-decay":
			usual = field.Text(&suited)
		case "batch":
			if usual = field.Text(&suited); flags.IsOwn(r.Data) {
				usual = "" // that of data of the user's own goes by its size
			}
		}
		if strings.HasSuffix(field.Flag, "-dir") || text == usual {
			continue
		}
		switch field.Flag {
		case "model":
			if r.IsONNX() {
				text = "onnx:" + show.Path(r.ModelPath())
			}
		case "weights":
			if path, err := r.WeightsPath(); err == nil {
				text = weights.NameOf(show.Path(path))
			}
		}
		line += fmt.Sprintf(" --%s=%s", field.Flag, show.Quoted(text))
	}
	return line, r.LambdaBatch == defaults.LambdaBatch && r.LambdaTolerance == defaults.LambdaTolerance &&
		r.LambdaEvery == defaults.LambdaEvery
}

// settingsOf names the parameters of the method that its label does not give; false when no parameters lead to the
// recipe.
func settingsOf(r recipe.Recipe) (string, bool) {
	chosen, ok := r.Settings()
	var set []string
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		set = append(set, fmt.Sprintf("--%s=%s", name, chosen[name]))
	}
	return strings.Join(set, " "), ok
}

// dataFlag is --data of a recipe as a command line has it: of the user's own with its path.
func dataFlag(r recipe.Recipe) string {
	source, ok := own.Parse(r.Data)
	if !ok {
		return "--data " + r.Data
	}
	source.Path = show.Path(filepath.Join(r.DataDir, source.Path))
	return "--data " + show.Quoted(source.String())
}
