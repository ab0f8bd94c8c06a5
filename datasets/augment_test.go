package datasets

import (
	"slices"
	"testing"
)

// One image of 2×3 pixels, moved by hand.
func TestShift(t *testing.T) {
	image := []float32{
		1, 2, 3,
		4, 5, 6,
	}
	tests := []struct {
		name        string
		down, right int
		mirror      bool
		want        []float32
	}{
		{"not at all", 0, 0, false, []float32{1, 2, 3, 4, 5, 6}},
		{"down", 1, 0, false, []float32{0, 0, 0, 1, 2, 3}},
		{"up and right", -1, 1, false, []float32{0, 4, 5, 0, 0, 0}},
		{"left", 0, -2, false, []float32{3, 0, 0, 6, 0, 0}},
		{"mirrored", 0, 0, true, []float32{3, 2, 1, 6, 5, 4}},
		{"mirrored and right", 0, 1, true, []float32{0, 3, 2, 0, 6, 5}},
		{"out of sight", 2, 0, false, []float32{0, 0, 0, 0, 0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := []float32{9, 9, 9, 9, 9, 9} // what was there before must go
			shift(got, image, 2, 3, 1, tt.down, tt.right, tt.mirror)
			if !slices.Equal(got, tt.want) {
				t.Errorf("down %d, right %d, mirror %v: %v, want %v", tt.down, tt.right, tt.mirror, got, tt.want)
			}
		})
	}
	colours := make([]float32, 6)
	shift(colours, []float32{1, 2, 3, 4, 5, 6}, 1, 2, 3, 0, 0, true) // two pixels of three colours
	if want := []float32{4, 5, 6, 1, 2, 3}; !slices.Equal(colours, want) {
		t.Errorf("mirrored colours: %v, want %v", colours, want)
	}
}

// Over many draws every shift comes as often as any other, and half of the images are mirrored.
func TestAugmentationIsUniform(t *testing.T) {
	// Five pixels in a row, one of them bright: where it lands tells the shift, and a darker neighbour the mirroring.
	s := &Set{Height: 1, Width: 5, Channels: 1, Classes: 1, Pixels: []float32{0, 0, 2, 1, 0}, Labels: []int32{0}}
	counts := map[int]int{}
	mirrored := 0
	const draws = 9000
	to := make([]float32, 5)
	for i := range draws {
		// Pad 1 moves up or down two times of three, and then nothing is left of a single row.
		Augmentation{Pad: 1, Flip: true}.apply(to, s, 0, stream(5, uint64(i)))
		bright := slices.Index(to, 2)
		counts[bright]++
		if bright >= 0 && to[bright-1] == 1 {
			mirrored++
		}
	}
	// Binomial counts, allowed 4 standard deviations: 4·√(9000·(1/9)(8/9)) = 119 and 4·√(3000/4) = 110.
	for _, place := range []int{1, 2, 3} {
		if d := counts[place] - draws/9; d < -119 || d > 119 {
			t.Errorf("the bright pixel lands at %d in %d of %d draws, want %d ± 119", place, counts[place], draws, draws/9)
		}
	}
	if d := mirrored - draws/6; d < -110 || d > 110 {
		t.Errorf("%d of about %d visible images are mirrored, want half", mirrored, draws/3)
	}
}
