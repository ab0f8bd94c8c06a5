package datasets

import (
	"errors"
	"fmt"
	"slices"

	"github.com/xsam-go/xsam/datasets/own"
)

// Options says which part of a data set to load and what to do to it.
type Options struct {
	// Dir is the folder with the files, itself or in a subfolder named after the set; glyphs needs none.
	Dir string
	// TrainSize, ValidationSize and TestSize are numbers of images. Zero training or test images stand for all there are
	// (for glyphs, 2,000 each; for digits, 797 to test and the rest to train). Validation images are taken from those that
	// would be trained on.
	TrainSize, ValidationSize, TestSize int
	// LabelNoise is the share, 0 to 1, of the training labels that are replaced by a uniform draw over the classes. A draw
	// may hit the true class, so about LabelNoise·(1 − 1/classes) of them end up wrong.
	LabelNoise float64
	// Normalize is "standard" (per channel: minus the mean, over the standard deviation of the training images),
	// "centered" (pixels in 0 … 1, minus ½), or "" for the set's own: centered for digits, else standard.
	Normalize string
	// Seed decides the drawing of glyphs, which rows are taken, and the label noise.
	Seed int64

	// Own says how data of the user's own is understood; it has no effect on the sets that Load knows by name.
	Own own.Options
	// Fingerprint, where it is not "", is what [own.Source.Fingerprint] must say of data of the user's own.
	Fingerprint string
}

// Split is a data set ready for use.
type Split struct {
	Train, Validation, Test *Set // Validation has no images unless some were asked for
	ClassNames              []string
	NoisyLabels             int      // training labels that are wrong because of Options.LabelNoise
	Files                   []string // that were read
	// TargetMean and TargetStd are those of the numbers that are learnt in a regression, over the training part. Targets
	// are stored minus the one, over the other, so that a loss of 1 is that of the mean as the only answer.
	TargetMean, TargetStd float64

	scale *scale // of data of the user's own
}

// images is a data set as it is stored: whole numbers from 0 to max.
type images struct {
	height, width, channels int
	max                     float32 // value of the brightest pixel
	pixels                  []uint8 // by image, row, column, channel
	labels                  []uint8
	files                   []string
}

func (im images) len() int  { return len(im.labels) }
func (im images) size() int { return im.height * im.width * im.channels }

// Load reads or draws a data set, picks its rows, normalises them by the training images, and spoils training labels as
// opts says.
//
// Files may be compressed with gzip or not. It fails on an unknown name, on options out of range, on files that are
// missing, truncated or not what they should be, and when more images are asked for than there are; the error says
// what to do. A name such as "csv:FILE" is data of the user's own; see package own.
func Load(name string, opts Options) (*Split, error) {
	if source, ok := own.Parse(name); ok {
		return loadOwn(source, opts)
	}
	entry, err := lookup(name)
	if err != nil {
		return nil, err
	}
	if err := opts.validate(); err != nil {
		return nil, err
	}
	pool, test, err := entry.read(opts)
	if err != nil {
		return nil, err
	}
	rows, err := pickRows(name, pool.len(), test.len(), entry.testFromPool, opts)
	if err != nil {
		return nil, err
	}
	testImages := test
	if entry.testFromPool > 0 {
		testImages = pool
	}
	normal := entry.normal
	if opts.Normalize != "" {
		normal = opts.Normalize
	}
	scale := fit(normal, pool, rows.train)
	split := &Split{
		Train:      entry.set(pool, rows.train, scale),
		Validation: entry.set(pool, rows.validation, scale),
		Test:       entry.set(testImages, rows.test, scale),
		ClassNames: entry.classNames,
		Files:      slices.Concat(pool.files, test.files),
	}
	split.NoisyLabels = spoilLabels(split.Train, opts.LabelNoise, opts.Seed)
	return split, nil
}

// validate reports every option that is out of range.
func (o Options) validate() error {
	var errs []error
	for _, size := range []struct {
		name string
		n    int
	}{{"TrainSize", o.TrainSize}, {"ValidationSize", o.ValidationSize}, {"TestSize", o.TestSize}} {
		if size.n < 0 {
			errs = append(errs, fmt.Errorf("datasets: Options.%s = %d: want a number of images, or 0 for the default",
				size.name, size.n))
		}
	}
	if !(o.LabelNoise >= 0 && o.LabelNoise <= 1) { // also rejects NaN
		errs = append(errs, fmt.Errorf("datasets: Options.LabelNoise = %v: want a share from 0 to 1", o.LabelNoise))
	}
	if !slices.Contains([]string{"", standard, centered}, o.Normalize) {
		errs = append(errs, fmt.Errorf("datasets: Options.Normalize = %q: want %q, %q or \"\"", o.Normalize, standard,
			centered))
	}
	return errors.Join(errs...)
}

// set takes rows out of stored images and normalises them.
func (e *entry) set(im images, rows []int, scale scaling) *Set {
	s := &Set{
		Name: e.name, Height: im.height, Width: im.width, Channels: im.channels, Classes: len(e.classNames),
		Pixels:       make([]float32, len(rows)*im.size()),
		Labels:       make([]int32, len(rows)),
		Augmentation: e.augmentation,
	}
	for i, row := range rows {
		scale.apply(s.image(i), im.pixels[row*im.size():(row+1)*im.size()])
		s.Labels[i] = int32(im.labels[row])
	}
	return s
}
