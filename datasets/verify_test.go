package datasets

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// The counts are those that the publishers give, or that were counted when the subset was made.
func TestVerifyRealData(t *testing.T) {
	dir := realData(t)
	tests := []struct {
		name        string
		files       int
		train, test []int // by class
	}{
		{"digits", 1, []int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, make([]int, 10)},
		{"fashion-mnist", 4, slices.Repeat([]int{6000}, 10), slices.Repeat([]int{1000}, 10)},
		{"cifar10", 2, []int{396, 366, 420, 384, 422, 393, 414, 385, 407, 413}, []int{103, 89, 100, 103, 90, 86, 112, 102,
			106, 109}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Verify(tt.name, dir)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.TrainClassCounts, tt.train) || !slices.Equal(got.TestClassCounts, tt.test) {
				t.Errorf("classes %v and %v, want %v and %v", got.TrainClassCounts, got.TestClassCounts, tt.train, tt.test)
			}
			if len(got.Files) != tt.files {
				t.Errorf("%d files, want %d", len(got.Files), tt.files)
			}
			for _, f := range got.Files {
				if f.Known == "" || f.Bytes == 0 {
					t.Errorf("%s: %d bytes with SHA-256 %s, want a known file", f.Path, f.Bytes, f.SHA256)
				}
			}
		})
	}
}

// digits is 1,000 to 797, with pixel/16 − ½; the first line of the file is a zero, whose first row is 0 0 5 13 9 1 0 0.
func TestLoadDigits(t *testing.T) {
	dir := realData(t)
	split, err := Load("digits", Options{Dir: dir, LabelNoise: 0.2, Seed: 0})
	if err != nil {
		t.Fatal(err)
	}
	if split.Train.Len() != 1000 || split.Test.Len() != 797 || split.Validation.Len() != 0 {
		t.Errorf("%d, %d and %d images, want 1000, 0 and 797", split.Train.Len(), split.Validation.Len(), split.Test.Len())
	}
	// 200 labels are drawn anew, each wrong with probability 0.9: 180 ± 4·√(200·0.9·0.1) = 17.
	if split.NoisyLabels < 163 || split.NoisyLabels > 197 {
		t.Errorf("%d wrong labels, want 180 ± 17", split.NoisyLabels)
	}
	zero := []float32{-0.5, -0.5, 5.0/16 - 0.5, 13.0/16 - 0.5, 9.0/16 - 0.5, 1.0/16 - 0.5, -0.5, -0.5}
	found := false
	for _, s := range []*Set{split.Train, split.Test} {
		for row := range s.Len() {
			found = found || slices.Equal(s.image(row)[:8], zero)
		}
	}
	if !found {
		t.Errorf("no image begins with %v", zero)
	}
}

// After standard normalisation the training images have mean 0 and variance 1 in each channel.
func TestStandardNormalisationOfRealImages(t *testing.T) {
	split, err := Load("cifar10", Options{Dir: realData(t), TrainSize: 500, TestSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		var sum, squares float64
		n := 0.0
		for i := c; i < len(split.Train.Pixels); i += 3 {
			x := float64(split.Train.Pixels[i])
			sum, squares, n = sum+x, squares+x*x, n+1
		}
		// Each pixel carries a float32 rounding of 1e-7 or less, which averages out.
		if mean, variance := sum/n, squares/n; math.Abs(mean) > 1e-6 || math.Abs(variance-1) > 1e-6 {
			t.Errorf("channel %d has mean %v and variance %v, want 0 and 1", c, mean, variance)
		}
	}
}

func TestList(t *testing.T) {
	names := Names()
	if want := []string{"glyphs", "digits", "mnist", "fashion-mnist", "cifar10", "cifar100"}; !slices.Equal(names, want) {
		t.Errorf("Names() = %v, want %v", names, want)
	}
	dir := t.TempDir()
	twoIDX(t, dir, ".gz")
	for _, info := range List(dir) {
		classes := 10
		if info.Name == "cifar100" {
			classes = 100
		}
		if len(info.ClassNames) != classes || info.About == "" || info.Drawn != (info.Name == "glyphs") {
			t.Errorf("List: %+v", info)
		}
		// The four files could be either set's; no other set is there.
		if found, want := len(info.Found), map[string]int{"mnist": 4, "fashion-mnist": 4}[info.Name]; found != want {
			t.Errorf("List finds %d files of %s, want %d", found, info.Name, want)
		}
	}
}

// Fashion-MNIST's files have MNIST's names: asked for the wrong one, Load says whose they are.
func TestOtherSetIsRefused(t *testing.T) {
	dir := realData(t) + "/fashion-mnist"
	_, err := Load("mnist", Options{Dir: dir})
	checkError(t, err, "belongs to fashion-mnist, not to mnist", "--data fashion-mnist")
}

func TestVerifyGlyphs(t *testing.T) {
	got, err := Verify("glyphs", "")
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.TrainClassCounts) != fmt.Sprint(slices.Repeat([]int{200}, 10)) || got.TestImages != 2000 ||
		len(got.Files) != 0 {
		t.Errorf("Verify(glyphs) = %+v, want 200 images of each class and no files", got)
	}
}
