//go:build unix

package stepcost

import (
	"math"
	"syscall"
)

// processorSeconds is the time that processors have worked for the process, all its threads together. NaN where the
// system does not say.
func processorSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return math.NaN()
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}
