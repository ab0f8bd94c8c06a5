package advice

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/recipe"
)

const (
	// Folder is that of the short runs, under that of the runs that they are for.
	Folder = "advise"
	// File holds the advice, in that folder.
	File = "advice.json"
)

// Run makes short runs of a recipe under out, each with a run directory of its own, and says what they tell; it leaves
// the advice in out as advice.json. The recipe needs no method. With Existing Resume runs that are there are taken, or
// gone on with. A run that diverges is part of the advice; other errors are those of experiment.RunAll.
func Run(ctx context.Context, engine *backend.Engine, r recipe.Recipe, out string, options experiment.Options) (*Advice,
	error) {
	started := time.Now()
	trial, split, err := held(r)
	if err != nil {
		return nil, err
	}
	runs, err := plan(trial, split.Train.Len())
	if err != nil {
		return nil, err
	}
	options.KeepEvery, options.CurvatureEvery, options.TensorBoard, options.Origins = 0, 0, false, nil
	var recipes []recipe.Recipe
	var dirs []string
	for _, p := range runs {
		dir := filepath.Join(out, p.dir)
		recipes, dirs = append(recipes, p.recipe), append(dirs, dir)
	}
	summaries, err := experiment.RunAll(ctx, engine, recipes, dirs, options)
	if err != nil {
		return nil, err
	}
	f, err := newFacts(r, runs, summaries, out)
	if err != nil {
		return nil, err
	}
	examples, err := trained(r, split)
	if err != nil {
		return nil, err
	}
	f.Steps = r.Epochs * max(1, examples/r.Batch)
	if at := f.answering(); !r.Regression() && at >= 0 {
		var answering []string
		for i, p := range runs {
			if !p.lite && p.rate == f.Rates[at].Rate {
				answering = append(answering, dirs[i])
			}
		}
		if f.Labels, err = readLabels(engine, answering); err != nil {
			return nil, err
		}
	}
	a := &Advice{
		Data: r.Data, Model: r.Model, Base: r.Optimizer, LearningRate: r.LearningRate, Runs: len(runs),
		Training: split.Train.Len(), Validation: split.Validation.Len(), Seconds: time.Since(started).Seconds(),
		Sentences: []Sentence{edge(f), rate(f), noise(f), radius(f), strength(f), cost(f)}, Facts: f,
	}
	return a, a.write(filepath.Join(out, File))
}

// write puts the advice at path in one piece.
func (a *Advice) write(path string) error {
	text, err := json.MarshalIndent(a, "", "  ")
	if err == nil {
		err = os.WriteFile(path+".tmp", append(text, '\n'), 0o644)
	}
	if err == nil {
		err = os.Rename(path+".tmp", path)
	}
	if err != nil {
		return fmt.Errorf("advice: %w", err)
	}
	return nil
}
