package datasets

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func ExampleLoad() {
	split, err := Load("glyphs", Options{TrainSize: 100, TestSize: 50, LabelNoise: 0.2, Seed: 1})
	if err != nil {
		panic(err)
	}
	fmt.Println(split.Train.Len(), "images to train on and", split.Test.Len(), "to test on")
	fmt.Println(split.Test.ClassCounts(), split.ClassNames)
	// Output:
	// 100 images to train on and 50 to test on
	// [5 5 5 5 5 5 5 5 5 5] [plus cross circle square triangle tee vee zed hook aitch]
}

func TestLoadErrors(t *testing.T) {
	tests := []struct {
		name, set string
		opts      Options
		want      []string
	}{
		{"unknown set", "imagenet", Options{}, []string{`"imagenet"`, "glyphs, digits, mnist"}},
		{"negative size", "glyphs", Options{TrainSize: -1}, []string{"Options.TrainSize = -1"}},
		{"too much noise", "glyphs", Options{LabelNoise: 1.5}, []string{"Options.LabelNoise = 1.5", "0 to 1"}},
		{"noise that is no number", "glyphs", Options{LabelNoise: math.NaN()}, []string{"Options.LabelNoise = NaN"}},
		{"all faults at once", "glyphs", Options{TestSize: -2, Normalize: "x"}, []string{"TestSize = -2",
			`Normalize = "x"`, "standard"}},
		{"files without a folder", "mnist", Options{}, []string{"mnist", "--data-dir"}},
		{"an empty folder", "cifar10", Options{Dir: t.TempDir()}, []string{"cifar10", "data_batch_*.bin", "--data-dir"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(tt.set, tt.opts)
			checkError(t, err, tt.want...)
		})
	}
}

func TestPickRows(t *testing.T) {
	tests := []struct {
		name                     string
		testFromPool             int
		o                        Options
		train, validation, tests int
	}{
		{"all there are", 0, Options{}, 100, 0, 20},
		{"validation is taken from the training images", 0, Options{ValidationSize: 10}, 90, 10, 20},
		{"parts", 0, Options{TrainSize: 50, ValidationSize: 10, TestSize: 5}, 50, 10, 5},
		{"in one piece", 40, Options{}, 60, 0, 40},
		{"in one piece, parts", 40, Options{TrainSize: 30, ValidationSize: 5, TestSize: 20}, 30, 5, 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := pickRows("set", 100, 20, tt.testFromPool, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.train) != tt.train || len(r.validation) != tt.validation || len(r.test) != tt.tests {
				t.Errorf("pickRows(%+v) deals %d, %d, %d, want %d, %d, %d", tt.o, len(r.train), len(r.validation), len(r.test),
					tt.train, tt.validation, tt.tests)
			}
			dealt := slices.Concat(r.train, r.validation)
			if tt.testFromPool > 0 {
				dealt = append(dealt, r.test...)
			}
			n := len(dealt)
			slices.Sort(dealt)
			if len(slices.Compact(dealt)) != n {
				t.Errorf("pickRows(%+v) deals an image twice: %+v", tt.o, r)
			}
		})
	}
	for _, o := range []Options{{TrainSize: 101}, {TestSize: 21}, {ValidationSize: 100}, {TrainSize: 95,
		ValidationSize: 10}} {
		if r, err := pickRows("set", 100, 20, 0, o); err == nil {
			t.Errorf("pickRows(%+v) of 100 and 20 images = %+v, want an error", o, r)
		}
	}
}

// Fewer training images are the first of more, beside the same validation and test images.
func TestPickRowsIsNested(t *testing.T) {
	all, err := pickRows("set", 100, 0, 40, Options{ValidationSize: 10})
	if err != nil {
		t.Fatal(err)
	}
	few, err := pickRows("set", 100, 0, 40, Options{TrainSize: 20, ValidationSize: 10})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(few.train, all.train[:20]) || !slices.Equal(few.validation, all.validation) ||
		!slices.Equal(few.test, all.test) {
		t.Errorf("20 training images: %+v, want the first of %+v", few, all)
	}
}

func TestSpoilLabels(t *testing.T) {
	const n, classes = 10_000, 10
	clean := func() *Set {
		s := &Set{Classes: classes, Labels: make([]int32, n)}
		for i := range s.Labels {
			s.Labels[i] = int32(i % classes)
		}
		return s
	}
	for _, share := range []float64{0, 0.2, 1} {
		s := clean()
		reported := spoilLabels(s, share, 1)
		wrong := 0
		for i, label := range s.Labels {
			if label != int32(i%classes) {
				wrong++
			}
		}
		// Each replaced label is wrong with probability 0.9: a binomial count, allowed 4 standard deviations.
		replaced := share * n
		want, sd := 0.9*replaced, math.Sqrt(replaced*0.9*0.1)
		if wrong != reported || math.Abs(float64(wrong)-want) > 4*sd {
			t.Errorf("with a share of %v, %d labels are wrong and %d reported, want %v ± %.0f", share, wrong, reported, want,
				4*sd)
		}
		again := clean()
		spoilLabels(again, share, 1)
		if !slices.Equal(s.Labels, again.Labels) {
			t.Errorf("with a share of %v, the same seed gives other labels", share)
		}
	}
}

// Test and validation labels stay as they are, and so do the images.
func TestLabelNoiseIsForTrainingAlone(t *testing.T) {
	opts := Options{TrainSize: 200, ValidationSize: 100, TestSize: 100, Seed: 3}
	clean, err := Load("glyphs", opts)
	if err != nil {
		t.Fatal(err)
	}
	opts.LabelNoise = 0.5
	noisy, err := Load("glyphs", opts)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(clean.Test.Labels, noisy.Test.Labels) || !slices.Equal(clean.Validation.Labels,
		noisy.Validation.Labels) {
		t.Error("label noise changed test or validation labels")
	}
	if !slices.Equal(clean.Train.Pixels, noisy.Train.Pixels) {
		t.Error("label noise changed the training images")
	}
	if clean.NoisyLabels != 0 || noisy.NoisyLabels == 0 || slices.Equal(clean.Train.Labels, noisy.Train.Labels) {
		t.Errorf("wrong labels: %d without noise, %d with", clean.NoisyLabels, noisy.NoisyLabels)
	}
}

// Two channels, two training images of two pixels: mean and standard deviation by hand, for each channel alone, and the
// third image, which is not trained on, has no part in them.
func TestStandardNormalisation(t *testing.T) {
	im := images{height: 1, width: 2, channels: 2, max: 100, labels: make([]uint8, 3), pixels: []uint8{
		0, 50, 20, 50,
		40, 50, 60, 50,
		255, 0, 255, 0,
	}}
	// Channel 0 has 0, 20, 40, 60: mean 30, variance (900 + 100 + 100 + 900)/4 = 500. Channel 1 never changes: only
	// centred.
	s := fit(standard, im, []int{0, 1})
	sd := math.Sqrt(500)
	tests := []struct {
		channel int
		stored  uint8
		want    float64
	}{{0, 30, 0}, {0, 60, 30 / sd}, {0, 0, -30 / sd}, {0, 255, 225 / sd}, {1, 50, 0}, {1, 0, -0.5}}
	for _, tt := range tests {
		got := float64(s.table[tt.channel][tt.stored])
		if math.Abs(got-tt.want) > 1e-6 { // float32, values of about 1 to 10
			t.Errorf("channel %d, %d of 100: %v, want %v", tt.channel, tt.stored, got, tt.want)
		}
	}
}

// Centered is exact: pixel/16 − ½ has few bits.
func TestCenteredNormalisation(t *testing.T) {
	im := images{height: 1, width: 1, channels: 1, max: 16, pixels: []uint8{3}, labels: []uint8{0}}
	s := fit(centered, im, []int{0})
	for stored := range 17 {
		if got, want := s.table[0][stored], float32(stored)/16-0.5; got != want {
			t.Errorf("%d of 16: %v, want %v", stored, got, want)
		}
	}
}

func TestSubsetAndFirst(t *testing.T) {
	s := ramp(4)
	subset := s.Subset([]int{3, 1})
	if !slices.Equal(subset.Labels, []int32{3, 1}) || subset.Pixels[0] != 30 || subset.Pixels[6] != 10 ||
		len(subset.Pixels) != 12 {
		t.Errorf("Subset(3, 1) has labels %v and pixels %v", subset.Labels, subset.Pixels)
	}
	if first := s.First(2); first.Len() != 2 || !slices.Equal(first.Pixels, s.Pixels[:12]) {
		t.Errorf("First(2) has labels %v and pixels %v", first.Labels, first.Pixels)
	}
}
