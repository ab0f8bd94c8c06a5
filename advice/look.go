package advice

import (
	"math"
	"path/filepath"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Facts are what the short runs tell.
type Facts struct {
	Recipe recipe.Recipe `json:"-"`     // of the training that the advice is for
	Steps  int           `json:"steps"` // of the training
	Short  int           `json:"short_steps"`

	// Rates are the learning rates that sgd was tried at, from the lowest on; Usual is that of the recipe.
	Rates []Outcome `json:"rates"`
	Usual int       `json:"usual"`
	Lite  Outcome   `json:"xsam_lite"` // at the same rate

	Lambdas []Look `json:"lambdas,omitempty"` // of sgd at the recipe's rate, of all seeds
	Labels  Labels `json:"labels"`            // by the nets at the rate of answering
	// StepSeconds is the time of a step of sgd: the median of a short run, the shortest of theirs.
	StepSeconds runlog.Number `json:"step_seconds,omitzero"`
}

// Outcome is how the short runs of a method at a learning rate ended, by seed; NaN for one that diverged.
type Outcome struct {
	Rate               float64         `json:"lr"`
	TrainLoss          []runlog.Number `json:"train_loss"`
	TrainAccuracy      []runlog.Number `json:"train_accuracy"`
	ValidationLoss     []runlog.Number `json:"validation_loss"`
	ValidationAccuracy []runlog.Number `json:"validation_accuracy"`
	NotLearnt          int             `json:"not_learnt,omitzero"` // of them
	Diverged           int             `json:"diverged,omitzero"`   // of them
}

// Look is one measurement of λmax.
type Look struct {
	Step   int64   `json:"step"`
	Lambda float64 `json:"lambda_max"`
	Rate   float64 `json:"lr"`    // of the step
	Share  float64 `json:"share"` // of the edge of stability at that rate; NaN never
}

// answering is the rate whose nets are asked about the labels, which have to have learnt: the recipe's, or the best of
// those at which sgd learns; −1 where there is none.
func (f *Facts) answering() int {
	if !math.IsInf(worst(f.Rates[f.Usual]), 1) {
		return f.Usual
	}
	best := -1
	for i, o := range f.Rates {
		if !math.IsInf(worst(o), 1) && (best < 0 || worst(o) < worst(f.Rates[best])) {
			best = i
		}
	}
	return best
}

func (o *Outcome) add(s runlog.Summary) {
	o.TrainLoss = append(o.TrainLoss, s.TrainLoss)
	o.TrainAccuracy = append(o.TrainAccuracy, s.TrainAccuracy)
	o.ValidationLoss = append(o.ValidationLoss, s.ValidationLoss)
	o.ValidationAccuracy = append(o.ValidationAccuracy, s.ValidationAccuracy)
	if s.Diverged {
		o.Diverged++
	}
	if s.NotLearnt != "" {
		o.NotLearnt++
	}
}

// newFacts puts the outcomes of the short runs together.
func newFacts(r recipe.Recipe, runs []shortRun, summaries []runlog.Summary, out string) (f Facts, err error) {
	f.Recipe = r
	for i, p := range runs {
		s := summaries[i]
		if p.lite {
			f.Lite.Rate = p.rate
			f.Lite.add(s)
			continue
		}
		if len(f.Rates) == 0 || f.Rates[len(f.Rates)-1].Rate != p.rate {
			f.Rates = append(f.Rates, Outcome{Rate: p.rate})
		}
		f.Rates[len(f.Rates)-1].add(s)
		if !p.usual {
			continue
		}
		f.Usual = len(f.Rates) - 1
		if t := s.StepSecondsMedian; t.Known() && !(f.StepSeconds.Float() <= t.Float()) {
			f.StepSeconds = t
		}
		f.Short = max(f.Short, int(s.Steps))
		looks, err := looksOf(p.recipe, filepath.Join(out, p.dir), int(s.Steps))
		if err != nil {
			return f, err
		}
		f.Lambdas = append(f.Lambdas, looks...)
	}
	return f, nil
}

// looksOf reads the measurements of λmax of a run.
func looksOf(r recipe.Recipe, dir string, steps int) (looks []Look, err error) {
	run, err := runlog.ReadRun(dir)
	if err != nil {
		return nil, err
	}
	for _, record := range run.Records {
		if record.Kind != runlog.Curvature || !record.LambdaMax.Known() {
			continue
		}
		look := Look{Step: record.Step, Lambda: record.LambdaMax.Float(), Rate: r.LearningRateAt(int(record.Step), steps)}
		base := r.Base
		base.LearningRate = look.Rate
		if edge, err := base.Edge(); err == nil {
			look.Share = look.Lambda / edge
		}
		looks = append(looks, look)
	}
	return looks, nil
}

// mean is the mean of numbers, NaN when one is missing or there is none.
func mean(numbers []runlog.Number) float64 {
	if len(numbers) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, n := range numbers {
		sum += n.Float()
	}
	return sum / float64(len(numbers))
}
