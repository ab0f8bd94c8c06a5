// Package datasets reads or draws small image sets, and reads data of the user's own, images and tables; it splits
// them, spoils labels on request, and feeds them to GoMLX.
//
//	split, err := datasets.Load("fashion-mnist", datasets.Options{Dir: dir, TrainSize: 5000, LabelNoise: 0.2, Seed: 0})
//	loader, err := datasets.NewLoader(split.Train, datasets.LoaderConfig{BatchSize: 128, Seed: 1, DType: dtypes.Float32})
//
// The sets: glyphs (drawn by this package, no file needed), digits, mnist, fashion-mnist, cifar10, cifar100 (read
// from files). A name such as "folder:DIR" or "csv:FILE" is data of the user's own, which package own reads.
//
// Everything random is a function of a seed: the glyphs, the split and the label noise of Options.Seed; the order of
// the batches and their augmentation of LoaderConfig.Seed. The same seed gives the same bits.
//
// The files: load.go (the steps of Load), catalogue.go (what there is, and where), glyphs.go and signs.go, digits.go,
// idx.go, cifar.go (one reader each), files.go (finding and opening), split.go, normalize.go, loader.go, augment.go,
// evaluation.go, verify.go, random.go, get.go and unpack.go (downloading); mine.go, standardize.go and inspect.go (data
// of the user's own).
package datasets

import "fmt"

// Set is a number of examples with their labels: images, or lines of a table, which are images of one pixel with a
// channel for each number.
type Set struct {
	Name                    string
	Height, Width, Channels int // of one image, in pixels
	Classes                 int
	// Pixels holds the normalised images one after another, each by row, column and channel: n·H·W·C values, no unit.
	Pixels []float32
	// Labels holds one class per image, from 0 to Classes−1.
	Labels []int32
	// Targets holds one number per example in the place of a class, where a number is learnt: a regression. Labels is nil
	// then and Classes 0.
	Targets []float32
	// Augmentation says how an image may be changed without changing its class.
	Augmentation Augmentation
}

// Len is the number of images.
func (s *Set) Len() int { return max(len(s.Labels), len(s.Targets)) }

// Regression tells whether a number is learnt and no class.
func (s *Set) Regression() bool { return s.Targets != nil }

// size is the number of values of one image.
func (s *Set) size() int { return s.Height * s.Width * s.Channels }

// First returns the first n images. They share their memory with s. It panics unless 0 ≤ n ≤ s.Len().
func (s *Set) First(n int) *Set {
	if n < 0 || n > s.Len() {
		panic(fmt.Sprintf("datasets: First(%d) of set %s with %d images", n, s.Name, s.Len()))
	}
	first := *s
	first.Pixels = s.Pixels[:n*s.size()]
	if s.Regression() {
		first.Targets = s.Targets[:n]
	} else {
		first.Labels = s.Labels[:n]
	}
	return &first
}

// Subset returns copies of the images in the given rows, in that order. It panics on a row outside 0 … s.Len()−1.
func (s *Set) Subset(rows []int) *Set {
	subset := *s
	subset.Pixels = make([]float32, 0, len(rows)*s.size())
	subset.Labels, subset.Targets = pick(s.Labels, rows), pick(s.Targets, rows)
	for _, row := range rows {
		subset.Pixels = append(subset.Pixels, s.image(row)...)
	}
	return &subset
}

// pick returns the entries of the given rows; nil of nil.
func pick[T any](all []T, rows []int) []T {
	if all == nil {
		return nil
	}
	picked := make([]T, len(rows))
	for i, row := range rows {
		picked[i] = all[row]
	}
	return picked
}

// ClassCounts returns the number of images of each class.
func (s *Set) ClassCounts() []int {
	counts := make([]int, s.Classes)
	for _, label := range s.Labels {
		counts[label]++
	}
	return counts
}

// image returns the pixels of one image, in place.
func (s *Set) image(row int) []float32 {
	return s.Pixels[row*s.size() : (row+1)*s.size()]
}
