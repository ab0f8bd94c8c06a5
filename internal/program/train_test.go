package program

import (
	"math"
	"testing"
)

func TestStepTimes(t *testing.T) {
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
		{"a compiled step counts as a step, not with its time", []float64{math.NaN(), 1, 1, 1}, []float64{math.NaN(), 2},
			(4*1 + 2*2) / 6.0},
		{"a kind that was only compiled has no time", []float64{1}, []float64{math.NaN()}, math.NaN()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s StepTimes
			for _, x := range tt.plain {
				s.Add("plain", x)
			}
			for _, x := range tt.pair {
				s.Add("pair", x)
			}
			if got := s.Median(); math.Abs(got-tt.want) > 1e-12 || math.IsNaN(got) != math.IsNaN(tt.want) {
				t.Errorf("time of a step %v, want %v", got, tt.want)
			}
		})
	}
	t.Run("the newest times count, in bounded memory", func(t *testing.T) {
		var s StepTimes
		for i := range 3 * keptTimes {
			s.Add("plain", float64(i))
		}
		if k := s.Kinds["plain"]; len(k.Newest) != keptTimes || k.Steps != 3*keptTimes || k.Newest[0] != 2*keptTimes {
			t.Errorf("%d steps, %d times from %v on, want %d, %d, from %d on", k.Steps, len(k.Newest), k.Newest[0],
				3*keptTimes, keptTimes, 2*keptTimes)
		}
	})
}
