package main

import (
	"errors"
	"math"
	"path/filepath"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/tuning"
)

const (
	screenTrials, screenSeeds, screenFirst = 8, 5, 100
	confirmTrials, confirmSeeds            = 12, 10
	otherSplit                             = 1 // of the data, for the screen
	samGradients                           = 2 // a step
)

// place is the folder of a form on a problem.
func (s search) place(stage string, p problem, f form) string {
	return filepath.Join(s.out, stage, p.name, f.folder())
}

// screen is stage 1: 8 trials and 5 seeds of every form, on another split of the data.
func (s search) screen(chosen []problem) error {
	for i, f := range screened {
		for _, p := range chosen {
			tell("screen: %s, %s (%d of %d)", p.name, f, i+1, len(screened))
			base, out := p.recipe(otherSplit), s.place("screen", p, f)
			best, err := s.tune(f, base, out, f.points(base.LearningRate, screenTrials))
			if err == nil {
				err = s.test(f, base, best, out, screenFirst, screenSeeds)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// confirm is stage 2: 12 trials, two more where the best ρ lies at an end, and 10 seeds for as many steps as SAM and
// for as many gradients.
func (s search) confirm(chosen []problem) error {
	forms, err := s.confirmed()
	if err != nil {
		return err
	}
	for _, p := range chosen {
		for i, f := range forms {
			tell("confirm: %s, %s (%d of %d)", p.name, f, i+1, len(forms))
			base, out := p.recipe(0), s.place("confirm", p, f)
			if !p.screen {
				base.ValidationSize = 1000 // of the trials; the set has enough
			}
			points := f.points(base.LearningRate, confirmTrials)
			best, err := s.tune(f, base, out, points)
			if err != nil {
				return err
			}
			if more := further(points, best); len(more) > 0 {
				if best, err = s.tune(f, base, out, append(points, more...)); err != nil {
					return err
				}
			}
			base.ValidationSize = 0
			if err := s.test(f, base, best, filepath.Join(out, "steps"), 0, confirmSeeds); err != nil {
				return err
			}
			priced := base
			if err := priced.SetMethod(best.Method, f.settings()); err != nil {
				return err
			}
			epochs := stretched(base.Epochs, priced.GradientsPerStep())
			if epochs == base.Epochs {
				continue
			}
			base.Epochs = epochs
			if err := s.test(f, base, best, filepath.Join(out, "gradients"), 0, confirmSeeds); err != nil {
				return err
			}
		}
	}
	return nil
}

// stretched is the number of epochs that cost what SAM's cost, with so many gradients a step.
func stretched(epochs int, gradients float64) int {
	return int(math.Round(float64(epochs) * samGradients / gradients))
}

// test has the runs of the best setting made, on the test images, for so many seeds. One that diverges is a result.
func (s search) test(f form, base recipe.Recipe, best tuning.Trial, out string, first int64, seeds int) error {
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
