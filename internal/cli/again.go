package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/report"
)

// recipeKeys are the flags that set a key of config.json, in the order in which a command line names them. data-dir is left to
// the environment: a folder of one machine is none of another's.
var recipeKeys = []struct{ flag, key string }{
	{"train-size", "train_size"}, {"test-size", "test_size"}, {"validation-size", "validation_size"}, {"label-noise", "label_noise"}, {"augment", "augment"}, {"data-seed", "data_seed"},
	{"model", "model"}, {"epochs", "epochs"}, {"batch", "batch"}, {"accumulate", "accumulate"}, {"dtype", "dtype"}, {"base", "base"}, {"lr", "lr"}, {"schedule", "schedule"},
	{"lr-warmup", "lr_warmup_steps"}, {"momentum", "momentum"}, {"nesterov", "nesterov"}, {"weight-decay", "weight_decay"},
	{"decay-all", "decay_biases_and_norms"}, {"clip", "clip"}, {"eval-every", "evaluate_every"}, {"lambda-examples", "lambda_examples"},
	{"lambda-products", "lambda_products"},
}

// settingKeys are the keys of config.json that a parameter of a method sets.
var settingKeys = map[string]string{
	"rho": "rho", "alpha": "alpha", "eta": "eta", "ascent-every": "ascent_every", "refresh-every": "refresh_every", "warmup-refreshes": "warmup_refreshes",
	"probe-radius": "probe_radius", "power-steps": "power_steps", "refresh": "refresh", "correction": "correction",
	"local-ascent": "local_ascent", "alpha-warmup": "alpha_warmup", "reuse": "reuse", "refresh-most": "refresh_most",
	"refresh-tolerance": "refresh_tolerance", "side": "side", "length": "length",
}

// settingOrder has every parameter behind those that it follows.
var settingOrder = []string{"rho", "local-ascent", "correction", "length", "alpha", "alpha-warmup", "eta", "reuse", "ascent-every", "refresh", "refresh-every",
	"refresh-most", "refresh-tolerance", "warmup-refreshes", "probe-radius", "side", "power-steps"}

// reproduction returns the xsam compare command that makes the runs of a comparison again, one command for each group of methods
// that share a recipe. What cannot be put as such a command, and runs of versions that had other recipes, give "".
func reproduction(c *report.Comparison) string {
	type group struct {
		line    string
		methods []string
		seeds   []int64
	}
	var groups []*group
	for _, r := range c.Runs {
		var recipe experiment.Recipe
		if err := json.Unmarshal(r.Raw, &recipe); err != nil || recipe.Validate() != nil {
			return ""
		}
		line, ok := recipeFlagsOf(recipe)
		common, found := settingsOf(recipe)
		if !ok || !found {
			return ""
		}
		if common != "" {
			line += " " + common
		}
		at := slices.IndexFunc(groups, func(g *group) bool { return g.line == line })
		if at < 0 {
			at, groups = len(groups), append(groups, &group{line: line})
		}
		if !slices.Contains(groups[at].methods, recipe.Method) {
			groups[at].methods = append(groups[at].methods, recipe.Method)
		}
		groups[at].seeds = append(groups[at].seeds, recipe.Seed)
	}
	var lines []string
	for _, g := range groups {
		lines = append(lines, fmt.Sprintf("xsam compare %s --methods %s%s", g.line, strings.Join(g.methods, ","), seedFlags(g.seeds)))
	}
	return strings.Join(lines, "\n")
}

// seedFlags names the smallest range of seeds that holds all.
func seedFlags(seeds []int64) string {
	first, last := slices.Min(seeds), slices.Max(seeds)
	flags := fmt.Sprintf(" --seeds %d", last-first+1)
	if first != 0 {
		flags += fmt.Sprintf(" --seed %d", first)
	}
	return flags
}

// recipeFlagsOf names what differs from the defaults of the data set; false when a key without a flag does.
func recipeFlagsOf(r experiment.Recipe) (string, bool) {
	defaults := experiment.Defaults(r.Data)
	line := "--data " + r.Data
	have, usual := keysOf(r), keysOf(defaults)
	for _, k := range recipeKeys {
		if value := have[k.key]; value != usual[k.key] {
			line += fmt.Sprintf(" --%s=%s", k.flag, strings.Trim(value, `"`))
		}
	}
	return line, r.LambdaBatch == defaults.LambdaBatch && r.LambdaTolerance == defaults.LambdaTolerance
}

// settingsOf names the parameters of the method that its label does not give; false when no parameters lead to the recipe.
func settingsOf(r experiment.Recipe) (string, bool) {
	usual := r
	if err := usual.SetMethod(r.Method, nil); err != nil {
		return "", false
	}
	have, chosen := keysOf(r), experiment.Settings{}
	// Some parameters follow others: one after the other is set until the recipe is met.
	for _, name := range settingOrder {
		if value := have[settingKeys[name]]; experiment.HasSetting(r.Method, name) && value != keysOf(usual)[settingKeys[name]] {
			chosen[name] = strings.Trim(value, `"`)
			if err := usual.SetMethod(r.Method, chosen); err != nil {
				return "", false
			}
		}
	}
	var flags []string
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		flags = append(flags, fmt.Sprintf("--%s=%s", name, chosen[name]))
	}
	return strings.Join(flags, " "), reflect.DeepEqual(usual.Sharpness, r.Sharpness)
}

// keysOf returns the recipe's keys with their JSON texts.
func keysOf(r experiment.Recipe) map[string]string {
	text, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	var raw map[string]json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&raw); err != nil {
		return nil
	}
	keys := map[string]string{}
	for k, v := range raw {
		keys[k] = string(v)
	}
	return keys
}
