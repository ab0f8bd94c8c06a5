package experiment

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
)

// resident is the memory of the process in MB, after what is not used was given back.
func resident(t *testing.T) (mb float64) {
	t.Helper()
	runtime.GC()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kb float64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb / 1024
}

// The memory of a run does not grow with its steps.
func TestManyStepsTakeNoMoreMemory(t *testing.T) {
	testbackend.SkipSlow(t)
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		r := testrun.Tiny(t, "xsam")
		r.EvaluateEvery, r.Epochs = 100, 250
		if long() {
			r.Epochs = 5000
		}
		steps := 4 * r.Epochs
		var sizes []float64 // after each tenth of them
		o := Options{TensorBoard: true, Progress: func(p Progress) {
			if p.Stage == Training && p.Step%(steps/10) == 0 {
				sizes = append(sizes, resident(t))
			}
		}}
		if _, err := Run(t.Context(), &backend.Engine{Backend: b, Name: b.Name()}, r, filepath.Join(t.TempDir(), "run"), o); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d steps: %.1f MB after each tenth of them", steps, sizes)
		const scatter = 16 // MB, of a collector that keeps what it may need
		if early, late := slices.Max(sizes[1:5]), slices.Max(sizes[5:]); late > early+scatter {
			t.Errorf("%d steps: at most %.1f MB in their second half, %.1f MB before: want no more", steps, late, early)
		}
	})
}
