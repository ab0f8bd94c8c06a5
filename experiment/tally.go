package experiment

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/runlog"
)

// tally is what a run adds up on the host. It is saved with every checkpoint, so that a resumed run writes the same records
// as one that was never interrupted.
type tally struct {
	// Means since the last train record: over steps, and for Lambda and Residual over refreshes.
	Loss, GradNorm, Angle, AbsCos, Lambda, Residual mean
	// Window are the times of the steps since the last train record, All those of the run.
	Window, All stopwatch
	// Gradients is the number of gradient evaluations since step 0.
	Gradients float64
	// Train, Validation and Test are the newest evaluations.
	Train, Validation, Test evaluation
	// Wall is the time in seconds that the run had taken when the tally was saved, Curvature that of measurements along
	// training.
	Wall      float64
	Curvature float64 `json:",omitzero"`
}

// evaluation is the loss and the accuracy of a set, missing before the first evaluation.
type evaluation struct{ Loss, Accuracy runlog.Number }

// gradientsPerProduct is what an exact Hessian-vector product counts for in gradient evaluations: it holds one gradient
// and the gradient of that. (Its time is 2.3 to 2.9 gradients on dense layers.)
const gradientsPerProduct = 2

// add takes in one step. seconds is NaN for a step whose time means nothing.
func (t *tally) add(p xsam.StepStats, seconds float64) {
	t.Loss.add(p.Loss)
	t.GradNorm.add(p.GradNorm)
	t.Angle.add(p.AngleDeg)
	t.AbsCos.add(p.AbsCos)
	if p.Refreshed {
		t.Lambda.add(p.Lambda)
		t.Residual.add(p.Residual)
	}
	t.Gradients += float64(p.Gradients + gradientsPerProduct*p.Products)
	t.Window.add(kindOf(p), seconds)
	t.All.add(kindOf(p), seconds)
}

// kindOf names the executable that a step ran.
func kindOf(p xsam.StepStats) string {
	if p.Refreshed && p.Kind != xsam.PairStep {
		return p.Kind.String() + " with refresh"
	}
	return p.Kind.String()
}

// record returns the means since the last one and starts anew.
func (t *tally) record(step int64, epoch float64) runlog.Record {
	r := runlog.Record{
		Kind: runlog.Train, Step: step, Epoch: runlog.Num(epoch), Loss: t.Loss.number(), LambdaMax: t.Lambda.number(),
		LambdaResidual: t.Residual.number(), AngleDeg: t.Angle.number(), AbsCos: t.AbsCos.number(), GradNorm: t.GradNorm.number(),
		StepSeconds: runlog.Num(t.Window.median()), GradientEvaluations: runlog.Num(t.Gradients),
	}
	t.Loss, t.GradNorm, t.Angle, t.AbsCos, t.Lambda, t.Residual = mean{}, mean{}, mean{}, mean{}, mean{}, mean{}
	t.Window = stopwatch{}
	return r
}

func (t *tally) marshal() (string, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("experiment: the sums of the run cannot be saved: %w", err)
	}
	return string(text), nil
}

// mean adds up finite numbers; others are not known and do not count.
type mean struct {
	Sum float64
	N   int
}

func (m *mean) add(x float64) {
	if !math.IsNaN(x) && !math.IsInf(x, 0) {
		m.Sum += x
		m.N++
	}
}

func (m mean) number() runlog.Number {
	if m.N == 0 {
		return runlog.Number{}
	}
	return runlog.Num(m.Sum / float64(m.N))
}

// stopwatch keeps the times of steps by their kind: kinds differ in cost, and a median over all steps would be that of the
// most frequent kind alone.
type stopwatch struct{ Kinds map[string]*times }

// times are those of one kind of step: how many steps there were, and the newest times, in seconds.
type times struct {
	Steps  int
	Newest []float64
}

// keptTimes is the number of newest times of a kind over which its median is taken.
const keptTimes = 500

func (s *stopwatch) add(kind string, seconds float64) {
	if s.Kinds == nil {
		s.Kinds = map[string]*times{}
	}
	t := s.Kinds[kind]
	if t == nil {
		t = &times{}
		s.Kinds[kind] = t
	}
	t.Steps++
	if math.IsNaN(seconds) {
		return
	}
	if len(t.Newest) == keptTimes {
		t.Newest = t.Newest[1:]
	}
	t.Newest = append(t.Newest, seconds)
}

// median is the time of a step in seconds: the median of each kind, weighted with the number of its steps. It is NaN when
// a kind has no time.
func (s stopwatch) median() float64 {
	var sum, steps float64
	for _, t := range s.Kinds {
		sum += float64(t.Steps) * median(t.Newest)
		steps += float64(t.Steps)
	}
	return sum / steps
}

// median is NaN for no values.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
