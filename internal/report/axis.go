package report

import (
	"fmt"
	"math"
)

// axis maps values to pixels. A whole one has ticks at whole numbers alone.
type axis struct {
	from, to      float64 // the values at its ends; their logarithms when log
	pixel, pixel2 float64
	log, whole    bool
}

func (a axis) at(x float64) float64 {
	if a.log {
		x = math.Log10(x)
	}
	return a.pixel + (x-a.from)/(a.to-a.from)*(a.pixel2-a.pixel)
}

// newAxis spans the values with some room at both ends.
func newAxis(lo, hi float64, log bool, pixel, pixel2, room float64) axis {
	if log {
		lo, hi = math.Log10(lo), math.Log10(hi)
	}
	if hi-lo < shortestLogRange*max(1, math.Abs(hi)) {
		span := max(math.Abs(lo)*0.1, 0.1)
		lo, hi = lo-span, hi+span
	}
	span := (hi - lo) * room
	return axis{from: lo - span, to: hi + span, pixel: pixel, pixel2: pixel2, log: log}
}

// Tick is a line of the grid with its label.
type Tick struct {
	At   string
	Text string
}

func (a axis) ticks() (ticks []Tick) {
	for _, v := range a.tickValues() {
		ticks = append(ticks, Tick{px(a.at(v)), tickText(v)})
	}
	return ticks
}

// tickValues are multiples of 1, 2 or 5 times a power of ten, on a long logarithmic axis powers of ten.
func (a axis) tickValues() (values []float64) {
	lo, hi := a.from, a.to
	if a.log {
		if hi-lo >= 1 {
			every := math.Ceil((hi - lo) / 7)
			for e := math.Ceil(lo); e <= hi; e += every {
				values = append(values, math.Pow(10, e))
				for _, m := range []float64{2, 5} {
					if v := e + math.Log10(m); hi-lo < 2.5 && v <= hi {
						values = append(values, m*math.Pow(10, e))
					}
				}
			}
			return values
		}
		lo, hi = math.Pow(10, lo), math.Pow(10, hi)
	}
	rough := (hi - lo) / ticksWanted
	step := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, m := range []float64{10, 5, 2} {
		if m*step <= rough*1.5 {
			step *= m
			break
		}
	}
	if a.whole {
		step = max(1, step)
	}
	for i := math.Ceil(lo / step); i*step <= hi; i++ {
		if v := i * step; v == 0 && !a.log {
			values = append(values, 0) // not −0
		} else if v != 0 && (!a.log || v > 0) {
			values = append(values, v)
		}
	}
	return values
}

// describe is what the script needs to draw ticks anew: from, to, log.
func (a axis) describe() string { return fmt.Sprintf("%g %g %t", a.from, a.to, a.log) }
