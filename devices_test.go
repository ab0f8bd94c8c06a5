package xsam_test

import (
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// Twenty steps on two devices that share every batch leave the weights, λ, the strength of a bound and the running
// averages of one device. The sums over the batch are made in another order, so the last bits differ, in float64.
func TestTwoDevicesAreOne(t *testing.T) {
	testbackend.SkipSlow(t)
	b := testbackend.TwoDevices(t)
	n := net{dropout: 0.3, l2: 1e-3}
	bounded := xsam.LiteConfig()
	bounded.MaxLambda, bounded.Refresh.Every = 1e-2, 3
	for name, config := range map[string]xsam.Config{
		"SGD": xsam.SGDConfig(), "SAM": xsam.SAMConfig(), "X-SAM": xsam.DefaultConfig(), "X-SAM lite under a bound on λ": bounded,
	} {
		t.Run(name, func(t *testing.T) {
			if name != "X-SAM" {
				testbackend.SkipRepeat(t, b)
			}
			one := newNetLab(t, b, n, config)
			one.step(20)

			obj := objective.New(n.modelFn, n.lossFn)
			two := newLabWith(t, b, seededStore(), obj, descent(), config, examples{})
			sharded, err := datasets.NewSharded(examples{}, 2)
			if err != nil {
				t.Fatal(err)
			}
			loop := train.NewLoop(two.trainer)
			metrics, err := loop.RunSteps(two.opt.Schedule(two.store, sharded), 20)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range metrics {
				m.MustFinalizeAll()
			}
			if !near(two.weights(), one.weights(), 1e-9) {
				t.Errorf("weights on two devices %v, on one %v", two.weights(), one.weights())
			}
			if got, want := two.vector("/norm/average"), one.vector("/norm/average"); !near(got, want, 1e-9) {
				t.Errorf("running average on two devices %v, on one %v", got, want)
			}
			if passes := tensors.ToScalar[float64](two.store.GetVariable("/norm/passes").MustValue()); passes != 20 {
				t.Errorf("%v passes were counted, want 20", passes)
			}
			got, want := two.stats(), one.stats()
			if config.Refresh.Every > 0 && !near([]float64{got.Lambda}, []float64{want.Lambda}, 1e-6) {
				t.Errorf("λ on two devices %v, on one %v", got.Lambda, want.Lambda)
			}
			if config.MaxLambda > 0 && (!near([]float64{got.Strength}, []float64{want.Strength}, 1e-9) || got.Strength <= 1) {
				t.Errorf("strength on two devices %v, on one %v: want the same, above 1", got.Strength, want.Strength)
			}
		})
	}
}
