package experiment

import (
	"math"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/runlog"
)

// A run whose weights hardly move has not learnt, and its summary says so, with what chance is for labels that come about
// equally often: ln 10 and a tenth. One that trains for longer has.
func TestSummarySaysWhetherItLearnt(t *testing.T) {
	engine := testbackend.GoEngine(t)
	r := testrun.Tiny(t, "sgd")
	r.LabelNoise = 0
	r.LearningRate = 1e-9
	_, s := testrun.Make(t, Run, engine, r, Options{})
	if s.NotLearnt != runlog.NearChance || !(math.Abs(s.ChanceLoss.Float()-math.Log(10)) < 0.05) ||
		!(s.ChanceAccuracy.Float() >= 0.1 && s.ChanceAccuracy.Float() < 0.2) {
		t.Errorf("%q, chance %v and %v, want near chance, ln 10 and 0.1 or little more", s.NotLearnt, s.ChanceLoss,
			s.ChanceAccuracy)
	}
	r.LearningRate, r.Epochs = 0.02, 10
	if _, s = testrun.Make(t, Run, engine, r, Options{}); s.NotLearnt != "" {
		t.Errorf("%q with a training loss of %v and an accuracy of %v, want that it learnt", s.NotLearnt, s.TrainLoss,
			s.TrainAccuracy)
	}
}
