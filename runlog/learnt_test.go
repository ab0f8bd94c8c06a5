package runlog

import (
	"math"
	"testing"
)

// A run of ten classes has learnt when its loss is clearly below ln 10 = 2.303 or its accuracy clearly above 10 %, one
// that was there and is not any more has collapsed, and of a run whose chance is not known nothing is said.
func TestJudge(t *testing.T) {
	epochs := func(losses ...float64) (all []Record) {
		for _, l := range losses {
			all = append(all, Record{Kind: Train, Loss: Num(l)})
		}
		return all
	}
	tests := []struct {
		name                            string
		loss, accuracy, chance, chance1 float64
		records                         []Record
		want                            Unlearnt
	}{
		{"a low loss", 0.4, 0.9, math.Log(10), 0.1, nil, ""},
		{"a slow start", 2.25, 0.31, math.Log(10), 0.1, nil, ""},
		{"one class for all", 2.303, 0.1, math.Log(10), 0.1, epochs(2.31, 2.30), NearChance},
		{"one class for all, with a large loss", 40, 0.12, math.Log(10), 0.1, nil, NearChance},
		{"fell back", 2.303, 0.1, math.Log(10), 0.1, epochs(2.31, 1.2, 2.3), Collapsed},
		{"a hundred classes, three of them", 4.58, 0.03, math.Log(100), 0.01, nil, ""},
		{"a large class, always named", 0.325, 0.9, 0.325, 0.9, nil, NearChance},
		{"a large class, told apart", 0.2, 0.9, 0.325, 0.9, nil, ""},
		{"a regression", 0.99, math.NaN(), 1, math.NaN(), epochs(1.1, 1), NearChance},
		{"a regression that learnt", 0.3, math.NaN(), 1, math.NaN(), nil, ""},
		{"chance is not known", 5, 0.1, math.NaN(), math.NaN(), nil, ""},
	}
	for _, tt := range tests {
		s := Summary{TrainLoss: Num(tt.loss), TrainAccuracy: Num(tt.accuracy), ChanceLoss: Num(tt.chance),
			ChanceAccuracy: Num(tt.chance1)}
		if s.Judge(tt.records, 1000); s.NotLearnt != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, s.NotLearnt, tt.want)
		}
	}
	few := Summary{TrainLoss: Num(2.6), TrainAccuracy: Num(0.19), ChanceLoss: Num(2.3), ChanceAccuracy: Num(0.1)}
	if few.Judge(nil, 70); few.NotLearnt != NearChance { // guesses get 0.1 ± 0.036 of 70 right
		t.Errorf("0.19 of 70: %q, want %q", few.NotLearnt, NearChance)
	}
}
