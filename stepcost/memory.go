package stepcost

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/runlog"
)

// Memory is what a step of a method holds, in bytes.
//
//	planned ≈ 2·(weights + v + state) + batch·(activations of an image)
//
// because what a step changes exists twice, before and after it, and the passes of a step follow each other.
type Memory struct {
	// Weights are what is trained, Eigenvector is v, State all else that lives between steps: momentum, running averages.
	Weights, Eigenvector, State float64
	// Planned is the size of all buffers of the method's largest kind of step, as XLA plans them. It is known where the
	// process wrote XLA's plans, see PlannedBytes.
	Planned runlog.Number
}

// stateMemory adds up the variables of a store.
func stateMemory(store *model.Store) Memory {
	var m Memory
	for v := range store.IterVariables() {
		bytes := float64(v.Shape().Size() * v.DType().Size())
		switch {
		case v.Trainable:
			m.Weights += bytes
		case strings.HasPrefix(v.Path(), model.JoinPath(xsam.Scope, "eigenvector")+"/"):
			m.Eigenvector += bytes
		default:
			m.State += bytes
		}
	}
	return m
}

var totalBytes = regexp.MustCompile(`Total bytes: (\d+)`)

// PlannedBytes reads the size of all buffers of a training step from the folder into which backend.PlanFlags had XLA
// write: that of the given kind of step, "plain", "ascent" or "pair", or, with "", of the kind that needs most. It is
// not known where there are no such files.
func PlannedBytes(dir, kind string) (runlog.Number, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*kind_"+kind+"*memory-usage-report.txt"))
	if err != nil {
		return runlog.Number{}, fmt.Errorf("stepcost: XLA's plans in %s: %w", dir, err)
	}
	most := math.NaN()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return runlog.Number{}, fmt.Errorf("stepcost: XLA's plan: %w", err)
		}
		total := totalBytes.FindSubmatch(text)
		if total == nil {
			return runlog.Number{}, fmt.Errorf("stepcost: XLA's plan %s names no total", file)
		}
		if bytes, _ := strconv.ParseFloat(string(total[1]), 64); !(bytes <= most) {
			most = bytes
		}
	}
	return runlog.Num(most), nil
}

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
