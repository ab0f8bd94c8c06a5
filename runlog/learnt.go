package runlog

import "math"

// Unlearnt is the way in which a run has not learnt, "" where it has. What such a run has of curvature says nothing of
// its method: where nothing is learnt, λmax is low.
type Unlearnt string

const (
	// NearChance is a run that never was better than chance.
	NearChance Unlearnt = "near chance"
	// Collapsed is a run that was better than chance, and is no longer.
	Collapsed Unlearnt = "collapsed"
)

// What is clearly better than chance: a training loss below this share of that of chance, or a training accuracy above
// that of chance by accuracyAbove, or twice it where that is less, and by three standard deviations of what guesses get
// right.
const (
	lossBelow     = 0.95
	accuracyAbove = 0.05
	deviations    = 3
)

// Judge says by its training loss and its training accuracy, on so many examples, whether a finished run has learnt,
// and sets NotLearnt. records are those of the run: one of an epoch whose loss was clearly below chance says that it
// had learnt something. Without ChanceLoss nothing is said.
func (s *Summary) Judge(records []Record, examples int) {
	s.NotLearnt = ""
	if !s.ChanceLoss.Known() || s.better(s.TrainLoss, s.TrainAccuracy, examples) {
		return
	}
	s.NotLearnt = NearChance
	for _, r := range records {
		if (r.Kind == Train || r.Kind == Eval && r.Split == TrainSplit) && s.better(r.Loss, r.Accuracy, examples) {
			s.NotLearnt = Collapsed
		}
	}
}

// better tells whether a loss or an accuracy is clearly better than chance.
func (s *Summary) better(loss, accuracy Number, examples int) bool {
	chance := s.ChanceAccuracy.Float()
	guessed := chance + deviations*math.Sqrt(chance*(1-chance)/float64(examples))
	return loss.Float() < lossBelow*s.ChanceLoss.Float() ||
		accuracy.Float() > max(guessed, min(chance+accuracyAbove, 2*chance)) // false where one of them is not known
}
