package datasets

import (
	"fmt"
	"math"

	"github.com/xsam-go/xsam/datasets/own"
)

// scale says how values of data of the user's own were normalised: each minus the mean of its channel, over its
// deviation.
type scale struct {
	mean, std []float64 // by channel
	columns   []own.Column
	bytes     bool
}

// scale brings the values of all sets to a common scale: for "standard" and "" each channel of numbers minus its mean,
// over its standard deviation in the training set; for "centered" images of bytes as x/255 − ½. The columns of
// categories stay 0 and 1.
func (m mine) scale(mean, std []float64, how string) *scale {
	for c, scaled := range m.Scaled() {
		switch {
		case !scaled:
			mean[c], std[c] = 0, 1
		case how == centered && m.Bytes:
			mean[c], std[c] = 127.5, 255
		case !(std[c] > 0):
			std[c] = 1 // a channel that never changes is only centred
		}
	}
	return &scale{mean: mean, std: std, columns: m.Columns, bytes: m.Bytes}
}

// apply writes the normalised form of an example, rounded to float32 at the end; without a scale as it is.
func (s *scale) apply(to []float32, values []float64) {
	for i, x := range values {
		if s != nil {
			c := i % len(s.mean)
			x = (x - s.mean[c]) / s.std[c]
		}
		to[i] = float32(x)
	}
}

// standardize takes the mean of its channel off each value, and divides it by the deviation, in place.
func standardize(values []float32, mean, std []float64) {
	for i, x := range values {
		c := i % len(mean)
		values[i] = float32((float64(x) - mean[c]) / std[c])
	}
}

// channelMoments are the mean and the standard deviation of each channel over all pixels of a set. The deviation
// divides by the number of pixels, not by one less.
func (s *Set) channelMoments() (mean, std []float64) {
	m := newRunning(s.Channels)
	for i, x := range s.Pixels {
		m.addOne(i%s.Channels, float64(x))
	}
	return m.mean, m.std()
}

// running are Welford's sums of each channel in float64, which lose no digits where the mean is large.
type running struct {
	n             []float64
	mean, squares []float64
}

func newRunning(channels int) *running {
	return &running{make([]float64, channels), make([]float64, channels), make([]float64, channels)}
}

// add takes in the values of an example.
func (m *running) add(values []float64) {
	for i, x := range values {
		m.addOne(i%len(m.mean), x)
	}
}

func (m *running) addOne(c int, x float64) {
	m.n[c]++
	before := x - m.mean[c]
	m.mean[c] += before / m.n[c]
	m.squares[c] += before * (x - m.mean[c])
}

// std are the standard deviations.
func (m *running) std() []float64 {
	std := make([]float64, len(m.squares))
	for c, sum := range m.squares {
		std[c] = math.Sqrt(sum / max(1, m.n[c]))
	}
	return std
}

// setTargetScale notes mean and standard deviation of what is learnt over the training set.
func (s *Split) setTargetScale(label string, m *running) error {
	s.TargetMean, s.TargetStd = m.mean[0], m.std()[0]
	if !(s.TargetStd > 0) || math.IsInf(s.TargetStd, 0) {
		return fmt.Errorf("datasets: %s: the column %s, which is learnt, is %v in all %d training examples: "+
			"want numbers that differ", s.Train.Name, label, s.TargetMean, s.Train.Len())
	}
	return nil
}
