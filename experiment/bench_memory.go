package experiment

import (
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/runlog"
)

// residentMemory is the memory that the process has in RAM, in bytes. Where there is no /proc it is not known.
func residentMemory() runlog.Number { return memory("VmRSS:") }

// peakMemory is the highest that residentMemory ever was.
func peakMemory() runlog.Number { return memory("VmHWM:") }

// memory reads one line of what the Linux kernel says of the process.
func memory(name string) runlog.Number {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return runlog.Number{}
	}
	return runlog.Num(memoryLine(string(status), name))
}

// memoryLine finds "name  123 kB" in text and returns the bytes, NaN where it is not there.
func memoryLine(text, name string) float64 {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == name && fields[2] == "kB" {
			if kib, err := strconv.ParseFloat(fields[1], 64); err == nil {
				return kib * 1024
			}
		}
	}
	return math.NaN()
}
