package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/xsam-go/xsam/recipe"
)

// problem is one training of the protocol, without a method.
type problem struct {
	name   string
	screen bool // it chooses
	set    func(r *recipe.Recipe)
	data   string
}

var problems = []problem{
	{"D", true, func(*recipe.Recipe) {}, "digits"}, // with a fifth of the labels random, as glyphs
	{"G", true, func(*recipe.Recipe) {}, "glyphs"},
	{"F", false, func(r *recipe.Recipe) { r.Model, r.Epochs = "mlp", 25 }, "fashion-mnist"},
	{"N", false, func(r *recipe.Recipe) { r.LabelNoise, r.Epochs = 0.2, 10 }, "fashion-mnist"},
	{"T", false, func(r *recipe.Recipe) {
		r.LabelNoise, r.Model, r.Optimizer, r.Epochs = 0.2, "vit", "adamw", 10
	}, "fashion-mnist"},
	{"C", false, func(r *recipe.Recipe) { r.Augment, r.Epochs = true, 10 }, "cifar10"},
}

// pick returns the problems of a stage that are named, all of them where none is.
func pick(stage string, names []string) (chosen []problem, err error) {
	for _, p := range problems {
		if (p.screen || stage == "confirm") && (len(names) == 0 || slices.Contains(names, p.name)) {
			chosen = append(chosen, p)
		}
	}
	if len(names) > 0 && len(chosen) != len(names) {
		return nil, fmt.Errorf("problems %q: want some of D, G, and of stage 2 F, N, T, C", names)
	}
	return chosen, nil
}

// recipe is the training on one split of the data. λmax is not measured.
func (p problem) recipe(dataSeed int64) recipe.Recipe {
	r := recipe.Defaults(p.data)
	if p.data != "glyphs" {
		r.DataDir = os.Getenv("XSAM_DATA")
	}
	if !p.screen {
		r.TrainSize, r.Batch = 2000, 64
	}
	p.set(&r)
	r.Suit(r.TrainSize)
	r.DataSeed, r.EvaluateEvery, r.LambdaProducts = dataSeed, 0, 0
	return r
}
