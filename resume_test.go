package xsam_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model/checkpoint"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// A run that is stopped after any number of steps and goes on from its checkpoint ends with the same bits: weights, v,
// dropout stream and the phase of the schedule.
func TestResumeFromCheckpoint(t *testing.T) {
	c := xsam.DefaultConfig()
	c.Refresh.Every, c.Refresh.Warmup = 3, 2
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) { resumes(t, b, c) })
	// An interval that follows the Hessian, ascents that are reused, α on its way up.
	c.Refresh.Every, c.Refresh.Most, c.Refresh.Tolerance, c.Ascent.Every, c.Reuse, c.AlphaWarmup = 1, 4, 2, 3, 0.5, 6
	t.Run("all that is kept", func(t *testing.T) { resumes(t, testbackend.Go(t), c) })
	// A phase, with an average and a v that the ascents lean to.
	c = xsam.EigenSAMConfig()
	c.Refresh.Every, c.Refresh.Warmup, c.From, c.Less, c.Decay, c.Alpha = 4, 2, 3, 1, 0.5, 0.5
	t.Run("in a phase", func(t *testing.T) { resumes(t, testbackend.Go(t), c) })
}

func resumes(t *testing.T, b compute.Backend, c xsam.Config) {
	t.Helper()
	n := net{dropout: 0.3}
	const steps = 10
	whole := newNetLab(t, b, n, c)
	whole.step(steps)
	stops := []int{1, 2, 4, 9}
	if testbackend.Compiled(t, b) {
		stops = []int{4} // each compiles the steps twice over
	}
	for _, stop := range stops {
		dir := t.TempDir()
		store := seededStore()
		saver, err := checkpoint.Build(store).Dir(dir).Immediate().Done()
		if err != nil {
			t.Fatal(err)
		}
		newNetLabOn(t, b, n, c, store, examples{}).step(stop)
		if err := saver.Save(); err != nil {
			t.Fatal(err)
		}

		store = seededStore()
		if _, err := checkpoint.Build(store).Dir(dir).Immediate().Done(); err != nil {
			t.Fatal(err)
		}
		resumed := newNetLabOn(t, b, n, c, store, examples{from: stop})
		resumed.step(steps - stop)
		if got, want := resumed.weights(), whole.weights(); !slices.Equal(got, want) {
			t.Errorf("stopped after %d steps: weights\n got %v\nwant %v", stop, got, want)
		}
		if got, want := resumed.random(), whole.random(); !slices.Equal(got, want) {
			t.Errorf("stopped after %d steps: dropout stream at %v, want %v", stop, got, want)
		}
		path := xsam.Scope + "/eigenvector/hidden/weights"
		if got, want := resumed.vector(path), whole.vector(path); !slices.Equal(got, want) {
			t.Errorf("stopped after %d steps: v\n got %v\nwant %v", stop, got, want)
		}
		if got, want := resumed.stats(), whole.stats(); got != want {
			t.Errorf("stopped after %d steps: stats %+v, want %+v", stop, got, want)
		}
	}
}
