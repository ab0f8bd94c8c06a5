package advice

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/handover"
)

// Labels count the training examples whose label the short runs contradict, among those that they are surest of. A net
// that has seen each example a few times has learnt what most labels say and not yet by heart what each says, so where
// it is sure and the label says otherwise, the label may be wrong.
type Labels struct {
	Sure         int     `json:"sure"`         // the surest examples
	Contradicted int     `json:"contradicted"` // of them
	Least        float64 `json:"least"`        // the lowest probability among them
}

// sureShare is the part of the training examples that counts as the surest: a third.
const sureShare = 3

// readLabels lets the nets of the short runs under dirs answer on their training examples, and counts those that the
// mean of their probabilities contradicts.
func readLabels(engine *backend.Engine, dirs []string) (l Labels, err error) {
	var labels []int32
	var sums [][]float64
	for _, dir := range dirs {
		run, err := handover.Open(engine, dir, "last", handover.Places{})
		if err != nil {
			return l, err
		}
		err = run.Training(func(row int, label int32, p []float64) {
			if row == len(labels) {
				labels, sums = append(labels, label), append(sums, make([]float64, len(p)))
			}
			for class, x := range p {
				sums[row][class] += x / float64(len(dirs))
			}
		})
		if closeErr := run.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return l, err
		}
	}
	return count(labels, sums), nil
}

// count counts the contradicted labels among the surest.
func count(labels []int32, probabilities [][]float64) (l Labels) {
	type answer struct {
		sure  float64
		wrong bool
	}
	answers := make([]answer, len(labels))
	for i, p := range probabilities {
		best := slices.Index(p, slices.Max(p))
		answers[i] = answer{p[best], best != int(labels[i])}
	}
	slices.SortStableFunc(answers, func(a, b answer) int { return cmp.Compare(b.sure, a.sure) })
	for _, a := range answers[:above(len(answers), sureShare)] {
		l.Sure, l.Least = l.Sure+1, a.sure
		if a.wrong {
			l.Contradicted++
		}
	}
	return l
}

// interval is the 95 % interval of the share of which so many of n were seen, by Clopper and Pearson.
func interval(seen, n int) (low, high float64) {
	low, high = 0, 1
	if seen > 0 {
		low = distuv.Beta{Alpha: float64(seen), Beta: float64(n - seen + 1)}.Quantile(0.025)
	}
	if seen < n {
		high = distuv.Beta{Alpha: float64(seen + 1), Beta: float64(n - seen)}.Quantile(0.975)
	}
	return low, high
}

// noisyShare is the share of contradicted labels above which labels are said to be noisy.
const noisyShare = 0.05

// leastSure is the probability that the surest answers have to reach before labels that they contradict count as wrong:
// where nothing is sure, the problem is hard, or the net has learnt little.
const leastSure = 0.5

// noisy tells whether surely more than noisyShare are contradicted, by nets that are sure.
func (l Labels) noisy() bool {
	low, _ := interval(l.Contradicted, l.Sure)
	return low > noisyShare && l.Least >= leastSure
}

// noise says whether labels are wrong so often that there is something to regularise.
func noise(f Facts) Sentence {
	s := Sentence{About: "noise"}
	l := f.Labels
	if l.Sure == 0 {
		return s.unknown("there are no classes, or sgd has learnt at none of the rates")
	}
	low, high := interval(l.Contradicted, l.Sure)
	text := fmt.Sprintf("%d of the %d training labels that the nets are surest of are contradicted (%.1f %%, interval "+
		"%.1f to %.1f)", l.Contradicted, l.Sure, 100*float64(l.Contradicted)/float64(l.Sure), 100*low, 100*high)
	nets := f.Rates[max(0, f.answering())]
	train, validation := mean(nets.TrainAccuracy), mean(nets.ValidationAccuracy)
	switch {
	case l.noisy():
		return s.known("labels are noisy: %s", text)
	case low > noisyShare:
		return s.unknown("the nets are not sure, with probabilities from %.2f on: %s", l.Least, text)
	case high >= noisyShare:
		return s.unknown("%s", text)
	case train-validation > learntByHeart:
		return s.unknown("the nets know the training labels by heart (accuracy %.1f %%, on others %.1f %%)", 100*train,
			100*validation)
	}
	return s.known("no noise in the labels to speak of: %s", text)
}

// learntByHeart is the accuracy on training examples less that on others from which on contradictions say nothing.
const learntByHeart = 0.15
