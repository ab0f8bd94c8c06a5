package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/tuning"
)

const (
	screenTrials, screenSeeds   = 8, 5
	confirmTrials, confirmSeeds = 8, 10
	trialSeeds                  = 2   // of a trial of stage 2
	screenFirst                 = 100 // seed
	widenings                   = 3   // times that a range of radii is made wider
	samGradients                = 2   // a step
)

// place is the folder of a form on a problem.
func (s search) place(stage string, p problem, f form) string {
	return filepath.Join(s.out, stage, p.name, f.folder())
}

// screen is stage 1: 8 trials and 5 seeds of every form, all on validation images.
func (s search) screen(chosen []problem) error {
	for i, f := range screened {
		for _, p := range chosen {
			tell("screen: %s, %s (%d of %d)", p.name, f, i+1, len(screened))
			base, out := p.recipe(), s.place("screen", p, f)
			best, err := s.tune(p, f, base, out, screenTrials, 1)
			if err != nil {
				return err
			}
			base.ValidationSize = p.validation
			if err := s.train(f, base, best, out, screenFirst, screenSeeds); err != nil {
				return err
			}
		}
	}
	return nil
}

// confirm is stage 2: 8 trials of 2 seeds, and 10 seeds on the test images for as many steps as SAM and for as many
// gradients.
func (s search) confirm(chosen []problem) error {
	forms, err := s.confirmed()
	if err != nil {
		return err
	}
	for _, p := range chosen {
		for i, f := range forms {
			if !p.takes(f) {
				continue
			}
			tell("confirm: %s, %s (%d of %d)", p.name, f, i+1, len(forms))
			if err := s.confirmForm(p, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s search) confirmForm(p problem, f form) error {
	base, out := p.recipe(), s.place("confirm", p, f)
	best, err := s.tune(p, f, base, out, confirmTrials, trialSeeds)
	if err != nil {
		return err
	}
	steps := filepath.Join(out, "steps")
	if err := s.train(f, base, best, steps, 0, confirmSeeds); err != nil {
		return err
	}
	o, err := read(steps, confirmSeeds)
	if err != nil {
		return err
	}
	epochs := stretched(base.Epochs, o.gradients)
	if epochs == base.Epochs {
		return nil
	}
	base.Epochs = epochs
	return s.train(f, base, best, filepath.Join(out, "gradients"), 0, confirmSeeds)
}

// stretched is the number of epochs that cost what SAM's cost, with so many gradients a step; where no run says how
// many, all diverged, and there is nothing to stretch.
func stretched(epochs int, gradients float64) int {
	if gradients == 0 {
		return epochs
	}
	return int(math.Round(float64(epochs) * samGradients / gradients))
}

// tune has trials of so many seeds made under out and returns the best. While its radius is at an end of what was tried
// there are two more.
func (s search) tune(p problem, f form, base recipe.Recipe, out string, trials, seeds int) (tuning.Trial, error) {
	var best tuning.Trial
	points := f.points(base.LearningRate, trials)
	base.ValidationSize = p.validation
	for range widenings + 1 {
		t, err := tuning.Search{Recipe: string(f), Rule: tuning.DrawRule, Base: base, Methods: []string{f.method()},
			Settings: f.settings(), Points: points, Seeds: seeds}.Run(s.makeRuns, out)
		if err != nil {
			return best, fmt.Errorf("%s in %s: %w", f, out, err)
		}
		best = t.Methods[0].Best()
		more, err := f.further(base, points, best.Trial)
		if err != nil || len(more) == 0 {
			return best, err
		}
		points = append(points, more...)
	}
	return best, nil
}

// train has the runs of the best setting made for so many seeds. One that diverges is a result.
func (s search) train(f form, base recipe.Recipe, best tuning.Trial, out string, first int64, seeds int) error {
	base.LearningRate = best.LearningRate
	recipes, err := recipe.Plan(base, []string{best.Method}, f.settings(), first, seeds)
	if err != nil {
		return err
	}
	if _, err = s.makeRuns(recipes, recipe.Dirs(out, recipes)); errors.Is(err, experiment.ErrDiverged) {
		return nil
	}
	return err
}
