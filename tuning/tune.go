package tuning

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// File holds all trials and the choice, under the folder of the runs.
const File = "tune.json"

// Search is what is tried.
type Search struct {
	Recipe, Scale, Rule string // for the record
	// Base is the recipe of the trials, with validation images. λmax is not measured, and nothing along training.
	Base     recipe.Recipe
	Methods  []string
	Settings map[string]string // of the methods that have them
	Points   []Point
	Seeds    int // runs of each trial, which is judged by their mean; 0 is 1
}

// Tuning is the record of a search, in tune.json.
type Tuning struct {
	Recipe     string   `json:"recipe"`
	Scale      string   `json:"scale,omitempty"`
	Rule       string   `json:"rule"`
	Trials     int      `json:"trials"` // of each method; of a sweep the most
	Split      string   `json:"split"`  // on which the choice goes: validation
	Validation int      `json:"validation_size"`
	Methods    []Method `json:"methods"`
}

// Method is the search of one method.
type Method struct {
	Method string  `json:"method"`
	Chosen int     `json:"chosen"` // index of the trial
	Trials []Trial `json:"trials"`
}

// Best is the trial that was chosen.
func (m Method) Best() Trial { return m.Trials[m.Chosen] }

// Trial is one setting of a search and its outcome, the mean where it has several runs.
type Trial struct {
	Trial              int           `json:"trial"`
	Method             string        `json:"method"` // with its settings
	LearningRate       float64       `json:"lr"`
	Fields             string        `json:"recipe,omitempty"` // what else of the recipe was set, "batch=32"
	Dir                string        `json:"dir"`              // of its first run, under the folder of tune.json
	Seeds              int           `json:"seeds,omitempty"`  // its runs, where there are several
	ValidationAccuracy runlog.Number `json:"validation_accuracy,omitzero"`
	ValidationLoss     runlog.Number `json:"validation_loss,omitzero"`
	Stopped            string        `json:"stopped,omitempty"` // why it did not finish: it diverged
}

// Run has the trials made under out, chooses, and writes tune.json.
func (s Search) Run(makeRuns experiment.Maker, out string) (*Tuning, error) {
	if len(s.Points) == 0 || s.Base.ValidationSize < 1 {
		return nil, fmt.Errorf("tuning: %d trials on %d validation images: want 1 or more of both", len(s.Points),
			s.Base.ValidationSize)
	}
	planned, err := s.Plan()
	if err != nil {
		return nil, err
	}
	var recipes []recipe.Recipe
	var dirs []string
	for _, p := range planned {
		recipes, dirs = append(recipes, p.Recipe), append(dirs, filepath.Join(out, p.Dir))
	}
	summaries, err := makeRuns(recipes, dirs)
	if err != nil {
		return nil, err
	}
	t := &Tuning{Recipe: s.Recipe, Scale: s.Scale, Rule: s.Rule, Split: runlog.ValidationSplit,
		Validation: s.Base.ValidationSize}
	for _, method := range s.Methods {
		m := Method{Method: method}
		for i, p := range planned {
			if p.Method == method && p.Recipe.Seed == trialSeed {
				m.Trials = append(m.Trials, newTrial(p, summaries[i:i+max(s.Seeds, 1)]...))
			}
		}
		if m.Chosen, err = choose(m.Trials); err != nil {
			return nil, fmt.Errorf("tuning: choosing the settings of %s: %w", method, err)
		}
		t.Trials = max(t.Trials, len(m.Trials))
		t.Methods = append(t.Methods, m)
	}
	return t, runlog.Write(filepath.Join(out, File), t)
}

// newTrial takes from a trial's runs what the choice may know: the mean, or that one has stopped. Of the test images
// their summaries say nothing, and if they did, nothing of it would come here.
func newTrial(p Planned, runs ...runlog.Summary) Trial {
	t := Trial{Trial: p.Index, Method: p.Recipe.Method, LearningRate: p.Recipe.LearningRate, Fields: p.Fields,
		Dir: filepath.ToSlash(p.Dir)}
	if len(runs) > 1 {
		t.Seeds = len(runs)
	}
	var accuracy, loss float64
	for _, s := range runs {
		accuracy += s.ValidationAccuracy.Float() / float64(len(runs))
		loss += s.ValidationLoss.Float() / float64(len(runs))
		t.Stopped = cmp.Or(t.Stopped, s.Stopped)
	}
	t.ValidationAccuracy, t.ValidationLoss = runlog.Num(accuracy), runlog.Num(loss)
	return t
}

// choose returns the index of the best trial: the highest validation accuracy, which a regression does not have, then
// the lowest validation loss, then the first. A trial that diverged cannot be chosen.
func choose(trials []Trial) (int, error) {
	best := -1
	for i, t := range trials {
		if t.Stopped != "" || !t.ValidationAccuracy.Known() && !t.ValidationLoss.Known() {
			continue
		}
		if best < 0 || t.better(trials[best]) {
			best = i
		}
	}
	if best < 0 {
		return 0, fmt.Errorf("none of %d trials finished: lower the learning rate of the recipe (--lr)", len(trials))
	}
	return best, nil
}

func (t Trial) better(than Trial) bool {
	a, b := t.ValidationAccuracy.Float(), than.ValidationAccuracy.Float()
	if a > b || a < b {
		return a > b
	}
	return t.ValidationLoss.Float() < than.ValidationLoss.Float()
}

// Set gives a recipe the settings of the trial.
func (t Trial) Set(r *recipe.Recipe, settings map[string]string) error {
	r.LearningRate = t.LearningRate
	fields := map[string]string{}
	for _, part := range strings.Fields(t.Fields) {
		name, value, _ := strings.Cut(part, "=")
		fields[name] = value
	}
	if err := apply(r, fields); err != nil {
		return err
	}
	return r.SetMethod(t.Method, settings)
}

// WriteText names what was chosen.
func (t *Tuning) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "Chosen out of %d trials each, on %d validation images\n", t.Trials, t.Validation)
	for _, m := range t.Methods {
		best := m.Best()
		fmt.Fprintf(w, "  %s, lr %g", best.Method, best.LearningRate)
		if best.Fields != "" {
			fmt.Fprintf(w, ", %s", best.Fields)
		}
		what := fmt.Sprintf("accuracy %.2f %%", 100*best.ValidationAccuracy.Float())
		if !best.ValidationAccuracy.Known() {
			what = fmt.Sprintf("loss %.4g", best.ValidationLoss.Float())
		}
		if len(m.Trials) < t.Trials {
			what += fmt.Sprintf(", out of %d", len(m.Trials))
		}
		if _, err := fmt.Fprintf(w, ": validation %s\n", what); err != nil {
			return err
		}
	}
	return nil
}

// Read reads the record of a search under out, which Run has written.
func Read(out string) (*Tuning, error) {
	path := filepath.Join(out, File)
	text, err := runlog.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("tuning: nothing is chosen yet: %w: want the trials first", err)
	case err != nil:
		return nil, fmt.Errorf("tuning: %w", err)
	}
	t := &Tuning{}
	if err := json.Unmarshal(text, t); err != nil {
		return nil, fmt.Errorf("tuning: %s: %w: want the record of a search", path, err)
	}
	return t, nil
}
