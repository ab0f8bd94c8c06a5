package reproduce

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Tuning is the record of a search, in tune.json.
type Tuning struct {
	Recipe     string        `json:"recipe"`
	Scale      Scale         `json:"scale"`
	Rule       string        `json:"rule"`
	Trials     int           `json:"trials"` // of each method
	Validation int           `json:"validation_size"`
	Methods    []TunedMethod `json:"methods"`
}

// TunedMethod is the search of one method.
type TunedMethod struct {
	Method string  `json:"method"`
	Chosen int     `json:"chosen"` // index of the trial
	Trials []Trial `json:"trials"`
}

// Trial is one run of a search and its outcome.
type Trial struct {
	Trial              int           `json:"trial"`
	Method             string        `json:"method"` // with its settings
	LearningRate       float64       `json:"lr"`
	Dir                string        `json:"dir"` // under the folder of tune.json
	ValidationAccuracy runlog.Number `json:"validation_accuracy,omitzero"`
	ValidationLoss     runlog.Number `json:"validation_loss,omitzero"`
	Stopped            string        `json:"stopped,omitempty"` // why it did not finish: it diverged
}

// tune makes the trials under out, chooses, and writes tune.json.
func (p *Plan) tune(ctx context.Context, engine *backend.Engine, out string, options experiment.Options) (*Tuning,
	error) {
	if p.Trials < 1 {
		return nil, fmt.Errorf("reproduce: %d trials: want 1 or more of each method", p.Trials)
	}
	trials, err := p.trials()
	if err != nil {
		return nil, err
	}
	var recipes []recipe.Recipe
	var dirs []string
	for _, t := range trials {
		recipes, dirs = append(recipes, t.recipe), append(dirs, filepath.Join(out, t.dir))
	}
	summaries, err := experiment.RunAll(ctx, engine, recipes, dirs, options)
	if err != nil {
		return nil, err
	}
	t := &Tuning{Recipe: p.Study.Name, Scale: p.Scale, Rule: searchRule, Trials: p.Trials, Validation: p.Validation}
	for _, family := range p.families() {
		m := TunedMethod{Method: family.Label}
		for i, trial := range trials {
			if trial.family == family {
				m.Trials = append(m.Trials, newTrial(trial, summaries[i]))
			}
		}
		if m.Chosen, err = choose(m.Trials); err != nil {
			return nil, fmt.Errorf("reproduce: choosing the settings of %s: %w", family.Label, err)
		}
		t.Methods = append(t.Methods, m)
	}
	return t, t.write(filepath.Join(out, tuneFile))
}

// newTrial takes from a summary what the choice may know. Of the test images a trial's summary says nothing, and if
// it did, nothing of it would come here.
func newTrial(t trial, s runlog.Summary) Trial {
	return Trial{
		Trial: t.index, Method: t.recipe.Method, LearningRate: t.recipe.LearningRate, Dir: filepath.ToSlash(t.dir),
		ValidationAccuracy: s.ValidationAccuracy, ValidationLoss: s.ValidationLoss, Stopped: s.Stopped,
	}
}

// choose returns the index of the best trial: the highest validation accuracy, then the lowest validation loss, then
// the first. A trial that diverged cannot be chosen.
func choose(trials []Trial) (int, error) {
	best := -1
	for i, t := range trials {
		if t.Stopped != "" || !t.ValidationAccuracy.Known() {
			continue
		}
		if best < 0 {
			best = i
			continue
		}
		a, b := t.ValidationAccuracy.Float(), trials[best].ValidationAccuracy.Float()
		if a > b || (a == b && t.ValidationLoss.Float() < trials[best].ValidationLoss.Float()) {
			best = i
		}
	}
	if best < 0 {
		return 0, fmt.Errorf("none of %d trials finished: lower the learning rate of the recipe", len(trials))
	}
	return best, nil
}

// recipes returns the runs with the chosen settings. They train on the recipe's own images, and are evaluated on the
// test images once, at the end.
func (t *Tuning) recipes(p *Plan) ([]recipe.Recipe, error) {
	base := p.Base
	base.EvaluateEvery = 0
	var methods []chosen
	for i, family := range p.families() {
		best := t.Methods[i].Trials[t.Methods[i].Chosen]
		methods = append(methods, chosen{Method{best.Method, family.Seeds}, best.LearningRate})
	}
	return p.recipes(base, methods)
}

// write puts the record at path in one piece.
func (t *Tuning) write(path string) error {
	text, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return fmt.Errorf("reproduce: %w", err)
	}
	if err := os.WriteFile(path+".tmp", append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("reproduce: %w", err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("reproduce: %w", err)
	}
	return nil
}
