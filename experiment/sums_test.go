package experiment

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"github.com/xsam-go/xsam"
)

func TestMeanLeavesOutWhatIsNotKnown(t *testing.T) {
	var m mean
	if m.number().Known() {
		t.Error("a mean of nothing is known")
	}
	for _, x := range []float64{1, math.NaN(), 2, math.Inf(1), 6} {
		m.add(x)
	}
	if got := m.number().Float(); got != 3 {
		t.Errorf("mean of 1, 2 and 6 = %v, want 3", got)
	}
}

func TestSums(t *testing.T) {
	nan := math.NaN()
	var sum sums
	plain := xsam.StepStats{Kind: xsam.PlainStep, Loss: 2, GradNorm: 3, Lambda: 7, Residual: 1, AngleDeg: nan,
		AbsCos: nan, Gradients: 1}
	pair := xsam.StepStats{Kind: xsam.PairStep, Refreshed: true, Loss: 4, GradNorm: 5, Lambda: 9, Residual: 0.5,
		AngleDeg: 60, AbsCos: 0.5, Gradients: 2}
	exact := xsam.StepStats{Kind: xsam.AscentStep, Refreshed: true, Loss: 6, GradNorm: 1, Lambda: 11, Residual: 0.1,
		AngleDeg: 120, AbsCos: 0.5, Gradients: 2, Products: 5}
	sum.add(plain, 0.1)
	sum.add(pair, 0.2)
	sum.add(exact, 0.9)

	text, err := json.Marshal(sum)
	if err != nil {
		t.Fatal(err)
	}
	var back sums
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, sum) {
		t.Fatalf("after a checkpoint the sums are %+v (%v), want %+v", back, err, sum)
	}
	r := back.record(3, 0.5)
	facts := []struct {
		name      string
		got, want float64
	}{
		{"loss: the mean over steps", r.Loss.Float(), 4},
		{"λ: the mean over refreshes, not over the steps that repeat the last", r.LambdaMax.Float(), 10},
		{"residual", r.LambdaResidual.Float(), 0.3},
		{"angle: where there is one", r.AngleDeg.Float(), 90},
		{"gradient norm", r.GradNorm.Float(), 3},
		{"gradients: 1 + 2 + 2 + 5 products of 2", r.GradientEvaluations.Float(), 15},
		{"time of a step", r.StepSeconds.Float(), 0.4},
	}
	for _, f := range facts {
		if math.Abs(f.got-f.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", f.name, f.got, f.want)
		}
	}
	if next := back.record(4, 1); next.Loss.Known() || next.StepSeconds.Known() || next.GradientEvaluations.Float() != 15 {
		t.Errorf("the next record is %+v, want no means, and the gradients since step 0", next)
	}
}

// Under a bound on λ the records have what it goes by and how strong it is, without one neither; and the share of steps
// without a correction.
func TestSumsOfBounds(t *testing.T) {
	var s sums
	s.add(xsam.StepStats{SmoothLambda: 2, Strength: 1.5, Risen: true}, 0.1)
	s.add(xsam.StepStats{SmoothLambda: 4, Strength: 2.5}, 0.1)
	if r := s.record(2, 1); r.SmoothLambda.Float() != 3 || r.Strength.Float() != 2 || r.Risen.Float() != 0.5 {
		t.Errorf("record %+v, want λ̄ 3, strength 2, risen 0.5", r)
	}
	s.add(xsam.StepStats{Strength: 1}, 0.1)
	if r := s.record(3, 2); r.SmoothLambda.Known() || r.Strength.Known() || r.Risen.Known() || s.RisenSteps != 1 {
		t.Errorf("record %+v without a bound, %d risen steps since the beginning: want no values, and 1", r, s.RisenSteps)
	}
}
