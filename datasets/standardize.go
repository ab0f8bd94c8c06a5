package datasets

import (
	"fmt"
	"math"
)

// normalize brings the values of all sets to a common scale, in place: for "standard" and "" each channel of numbers
// minus its mean, over its standard deviation in the training set; for "centered" images of bytes as x/255 − ½.
// The columns of categories stay 0 and 1.
func (m mine) normalize(split *Split, how string) {
	scaled := m.Scaled()
	mean, std := split.Train.channelMoments()
	for c := range scaled {
		switch {
		case !scaled[c]:
			mean[c], std[c] = 0, 1
		case how == centered && m.Bytes:
			mean[c], std[c] = 127.5, 255
		case !(std[c] > 0):
			std[c] = 1 // a channel that never changes is only centred
		}
	}
	split.scale = &scale{mean: mean, std: std, columns: m.Columns, bytes: m.Bytes}
	for _, s := range []*Set{split.Train, split.Validation, split.Test} {
		standardize(s.Pixels, mean, std)
	}
}

// standardize takes the mean of its channel off each value, and divides it by the deviation, in place.
func standardize(values []float32, mean, std []float64) {
	for i, x := range values {
		c := i % len(mean)
		values[i] = float32((float64(x) - mean[c]) / std[c])
	}
}

// channelMoments are the mean and the standard deviation of each channel over all pixels of a set, by Welford's sums in
// float64, which lose no digits where the mean is large. The deviation divides by the number of pixels, not by one
// less.
func (s *Set) channelMoments() (mean, std []float64) {
	mean, std = make([]float64, s.Channels), make([]float64, s.Channels)
	for i, x := range s.Pixels {
		c, n := i%s.Channels, float64(i/s.Channels+1)
		before := float64(x) - mean[c]
		mean[c] += before / n
		std[c] += before * (float64(x) - mean[c])
	}
	for c := range std {
		std[c] = math.Sqrt(std[c] * float64(s.Channels) / float64(max(1, len(s.Pixels))))
	}
	return mean, std
}

// standardizeTargets brings what is learnt to mean 0 and standard deviation 1 over the training set, in all sets.
func (s *Split) standardizeTargets(label string) error {
	targets := &Set{Channels: 1, Pixels: s.Train.Targets}
	mean, std := targets.channelMoments()
	s.TargetMean, s.TargetStd = mean[0], std[0]
	if !(s.TargetStd > 0) || math.IsInf(s.TargetStd, 0) {
		return fmt.Errorf("datasets: %s: the column %s, which is learnt, is %v in all %d training examples: "+
			"want numbers that differ", s.Train.Name, label, s.TargetMean, s.Train.Len())
	}
	for _, set := range []*Set{s.Train, s.Validation, s.Test} {
		standardize(set.Targets, mean, std)
	}
	return nil
}
