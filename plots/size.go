package plots

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
)

// Size of a picture, in centimetres. It reads and writes itself as "16x10".
type Size struct{ Width, Height float64 }

// DefaultSize is the width of a page's text, for instance.
func DefaultSize() Size { return Size{16, 10} }

// smallest and largest are the ends of what is drawn: below, letters alone fill a picture; above, a PNG fills memory.
const smallest, largest = 4, 100

// Validate reports a size that cannot be drawn.
func (s Size) Validate() error {
	for _, side := range []float64{s.Width, s.Height} {
		if !(side >= smallest && side <= largest) { // also rejects NaN
			return fmt.Errorf("plots: size %s: want a width and a height from %d to %d cm, 16x10 for instance", s, smallest,
				largest)
		}
	}
	return nil
}

// String is "16x10".
func (s Size) String() string { return fmt.Sprintf("%gx%g", s.Width, s.Height) }

// Type names the size among flags.
func (s *Size) Type() string { return "size" }

// Set reads "16x10".
func (s *Size) Set(text string) error {
	width, height, _ := strings.Cut(text, "x")
	read := func(side string) float64 {
		x, err := strconv.ParseFloat(side, 64)
		if err != nil {
			return math.NaN()
		}
		return x
	}
	got := Size{read(width), read(height)}
	if err := got.Validate(); err != nil {
		return fmt.Errorf("plots: size %q: want WIDTHxHEIGHT, each from %d to %d cm, 16x10 for instance", text, smallest,
			largest)
	}
	*s = got
	return nil
}

// scale is by how much letters and marks are smaller than in a picture of the default width: in half the width they
// have 0.7 of the size, so that there is room for lines.
func (s Size) scale() float64 { return min(1, math.Sqrt(s.Width/DefaultSize().Width)) }

func (s Size) lengths() (width, height vg.Length) {
	return vg.Length(s.Width) * vg.Centimeter, vg.Length(s.Height) * vg.Centimeter
}
