package experiment

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		r := testrun.Tiny(t, "xsam")
		r.EvaluateEvery, r.Epochs = 100, 250
		if long() {
			r.Epochs = 5000
		}
		steps := 4 * r.Epochs
		var settled, last float64
		o := Options{TensorBoard: true, Progress: func(p Progress) {
			switch {
			case p.Stage != Training:
			case p.Step == steps/5:
				settled = resident(t)
			case p.Step == steps-1:
				last = resident(t)
			}
		}}
		if _, err := Run(t.Context(), &backend.Engine{Backend: b, Name: b.Name()}, r, filepath.Join(t.TempDir(), "run"), o); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d steps: %.1f MB after a fifth of them, %.1f MB at the end", steps, settled, last)
		if last > settled+16 {
			t.Errorf("%d steps: %.1f MB after a fifth of them, %.1f MB at the end, want no more than 16 MB more", steps, settled, last)
		}
	})
}
