//go:build !unix

package experiment

import "math"

// processorSeconds is not known on this system.
func processorSeconds() float64 { return math.NaN() }
