package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/xsam-go/xsam/recipe"
)

// problem is one training of the protocol, without a method.
type problem struct {
	name, data string
	screen     bool // it chooses
	validation int  // images that trials, and the screen, are judged by
	set        func(r *recipe.Recipe)
}

var problems = []problem{
	{"D", "digits", false, 200, func(*recipe.Recipe) {}}, // with a fifth of the labels random, as glyphs
	{"G", "glyphs", true, 200, func(*recipe.Recipe) {}},
	{"M", "fashion-mnist", true, 1000, func(r *recipe.Recipe) { r.LabelNoise, r.Model, r.Epochs = 0.2, "mlp", 30 }},
	{"N", "fashion-mnist", false, 1000, func(r *recipe.Recipe) { r.LabelNoise, r.Epochs = 0.2, 20 }},
	{"T", "fashion-mnist", false, 1000, func(r *recipe.Recipe) {
		r.LabelNoise, r.Model, r.Optimizer, r.Epochs = 0.2, "vit", "adamw", 20
	}},
	{"C", "cifar10", false, 1000, func(r *recipe.Recipe) { r.Augment, r.Epochs = true, 20 }},
}

// pick returns the problems of a stage that are named, all of them where none is.
func pick(stage string, names []string) (chosen []problem, err error) {
	for _, p := range problems {
		if (p.screen || stage == "confirm") && (len(names) == 0 || slices.Contains(names, p.name)) {
			chosen = append(chosen, p)
		}
	}
	if len(names) > 0 && len(chosen) != len(names) {
		return nil, fmt.Errorf("problems %q: want some of G, M, and of stage 2 D, N, T, C", names)
	}
	return chosen, nil
}

// recipe is the training. λmax is not measured.
func (p problem) recipe() recipe.Recipe {
	r := recipe.Defaults(p.data)
	if p.data != "glyphs" {
		r.DataDir = os.Getenv("XSAM_DATA")
	}
	if p.data != "glyphs" && p.data != "digits" {
		r.TrainSize, r.Batch = 2000, 64
	}
	p.set(&r)
	r.Suit(r.TrainSize)
	r.EvaluateEvery, r.LambdaProducts = 0, 0
	return r
}

// takes tells whether the base optimizer has what a form wants: those of Adam keep no momentum to ascend along.
func (p problem) takes(f form) bool {
	along := f.method() == "msam" || f.settings()["ascent-along"] != ""
	return !along || p.recipe().Optimizer == "sgd"
}
