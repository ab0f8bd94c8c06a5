package datasets

import (
	"fmt"
	"math"
)

// rows says which stored images go where.
type rows struct{ train, validation, test []int }

// pickRows shuffles the stored images by the seed and deals them out: training images from the front, validation
// images from the back, so that fewer training images are a part of more, and the validation images stay the same.
//
// pool and test are the numbers of images stored to train and to test on. A set that is stored in one piece has test
// = 0 and takes its test images, testFromPool by default, from the very back.
func pickRows(name string, pool, test, testFromPool int, o Options) (rows, error) {
	order := stream(o.Seed, forSplit).Perm(pool)
	var r rows
	if testFromPool > 0 {
		n := orAll(o.TestSize, testFromPool)
		if n > pool {
			return r, fmt.Errorf("datasets: %s has %d images, fewer than the %d to test on: lower TestSize", name, pool, n)
		}
		order, r.test = order[:pool-n], order[pool-n:]
	} else {
		if o.TestSize > test {
			return r, fmt.Errorf("datasets: %s has %d test images, fewer than TestSize = %d: lower it, or 0 for all", name,
				test, o.TestSize)
		}
		r.test = stream(o.Seed, forTestRows).Perm(test)[:orAll(o.TestSize, test)]
	}
	left := len(order) - o.ValidationSize
	train := orAll(o.TrainSize, left)
	if train > left || train <= 0 {
		return r, fmt.Errorf("datasets: %s has %d images to train on, too few for TrainSize = %d and ValidationSize = "+
			"%d: lower one of them",
			name, len(order), o.TrainSize, o.ValidationSize)
	}
	r.train, r.validation = order[:train], order[left:]
	return r, nil
}

// orAll is n, or all if n is 0.
func orAll(n, all int) int {
	if n == 0 {
		return all
	}
	return n
}

// spoilLabels replaces the given share of labels, rounded to whole labels, by a uniform draw over the classes, and
// returns how many are wrong afterwards.
func spoilLabels(s *Set, share float64, seed int64) (wrong int) {
	random := stream(seed, forNoise)
	n := int(math.Round(share * float64(s.Len())))
	for _, row := range random.Perm(s.Len())[:n] {
		label := int32(random.IntN(s.Classes))
		if label != s.Labels[row] {
			wrong++
		}
		s.Labels[row] = label
	}
	return wrong
}
