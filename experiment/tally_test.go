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

func TestStopwatch(t *testing.T) {
	tests := []struct {
		name  string
		plain []float64
		pair  []float64
		want  float64
	}{
		{"nothing", nil, nil, math.NaN()},
		{"one kind: its median", []float64{1, 100, 3}, nil, 3},
		{"an even number: the mean of the two in the middle", []float64{1, 2, 4, 100}, nil, 3},
		// Four plain steps of 1 s and a pair step of 2 s take 6 s, not 5 times the median of 1 s.
		{"kinds are weighted with their number of steps", []float64{1, 1, 1, 1}, []float64{2}, 1.2},
		{"a compiled step counts as a step, not with its time", []float64{math.NaN(), 1, 1, 1}, []float64{math.NaN(), 2}, (4*1 + 2*2) / 6.0},
		{"a kind that was only compiled has no time", []float64{1}, []float64{math.NaN()}, math.NaN()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s stopwatch
			for _, x := range tt.plain {
				s.add("plain", x)
			}
			for _, x := range tt.pair {
				s.add("pair", x)
			}
			if got := s.median(); math.Abs(got-tt.want) > 1e-12 || math.IsNaN(got) != math.IsNaN(tt.want) {
				t.Errorf("time of a step %v, want %v", got, tt.want)
			}
		})
	}
	t.Run("the newest times count, in bounded memory", func(t *testing.T) {
		var s stopwatch
		for i := range 3 * keptTimes {
			s.add("plain", float64(i))
		}
		if k := s.Kinds["plain"]; len(k.Newest) != keptTimes || k.Steps != 3*keptTimes || k.Newest[0] != 2*keptTimes {
			t.Errorf("%d steps, %d times from %v on, want %d, %d, from %d on", k.Steps, len(k.Newest), k.Newest[0], 3*keptTimes, keptTimes, 2*keptTimes)
		}
	})
}

func TestTally(t *testing.T) {
	nan := math.NaN()
	var sum tally
	plain := xsam.StepStats{Kind: xsam.PlainStep, Loss: 2, GradNorm: 3, Lambda: 7, Residual: 1, AngleDeg: nan, AbsCos: nan, Gradients: 1}
	pair := xsam.StepStats{Kind: xsam.PairStep, Refreshed: true, Loss: 4, GradNorm: 5, Lambda: 9, Residual: 0.5, AngleDeg: 60, AbsCos: 0.5, Gradients: 2}
	exact := xsam.StepStats{Kind: xsam.AscentStep, Refreshed: true, Loss: 6, GradNorm: 1, Lambda: 11, Residual: 0.1, AngleDeg: 120, AbsCos: 0.5, Gradients: 2, Products: 5}
	sum.add(plain, 0.1)
	sum.add(pair, 0.2)
	sum.add(exact, 0.9)

	text, err := sum.marshal()
	if err != nil {
		t.Fatal(err)
	}
	var back tally
	if err := json.Unmarshal([]byte(text), &back); err != nil || !reflect.DeepEqual(back, sum) {
		t.Fatalf("after a checkpoint the tally is %+v (%v), want %+v", back, err, sum)
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
