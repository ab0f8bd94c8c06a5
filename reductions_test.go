package xsam_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// baseAlone makes n steps with the base optimizer and no other, and returns the weights.
func baseAlone(t *testing.T, b compute.Backend, n net, steps int) []float64 {
	t.Helper()
	store := seededStore()
	trainer := train.NewTrainer(b, store, n.modelFn, n.lossFn, descent(), nil, nil)
	for batch := range (examples{}).Iter() {
		if steps == 0 {
			break
		}
		steps--
		metrics, err := trainer.TrainStep(batch)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range metrics {
			m.MustFinalizeAll()
		}
	}
	return (&lab{t: t, store: store}).weights()
}

// Without ascent and without refresh the optimizer is its base, bit for bit.
func TestReducesToBase(t *testing.T) {
	still := xsam.SAMConfig()
	still.Rho = 0
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for name, n := range map[string]net{"plain": {}, "dropout and L2": {dropout: 0.5, l2: 0.01}} {
			t.Run(name, func(t *testing.T) {
				if name == "plain" {
					testbackend.SkipRepeat(t, b)
				}
				want := baseAlone(t, b, n, 20)
				for name, c := range map[string]xsam.Config{"no ascent (a = 0)": xsam.SGDConfig(), "ρ = 0": still} {
					l := newNetLab(t, b, n, c)
					l.step(20)
					if got := l.weights(); !slices.Equal(got, want) {
						t.Errorf("%s: weights differ from the base optimizer's:\n got %v\nwant %v", name, got, want)
					}
				}
			})
		}
	})
}

// The published form with α = 0 is nsam, bit for bit, and takes no products; so is the length alone, from the third
// step on.
func TestPublishedWithoutCorrectionIsNSAM(t *testing.T) {
	published := xsam.PaperConfig()
	published.Alpha = 0
	n := net{dropout: 0.3, l2: 0.01}
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		testbackend.SkipRepeat(t, b) // the golden trajectory of the published form is XLA's case
		nsam, other := newNetLab(t, b, n, xsam.NSAMConfig()), newNetLab(t, b, n, published)
		sam := newNetLab(t, b, n, xsam.SAMConfig())
		for step := range 12 {
			nsam.step(1)
			other.step(1)
			sam.step(1)
			if got, want := other.weights(), nsam.weights(); !slices.Equal(got, want) {
				t.Fatalf("step %d: weights differ from nsam's:\n got %v\nwant %v", step, got, want)
			}
			if raw, same := step < 3, slices.Equal(nsam.weights(), sam.weights()); raw != same {
				t.Fatalf("step %d: nsam's weights are those of SAM: %v, want that for the first three steps alone", step, same)
			}
			if p := other.stats(); p.Products != 0 || p.Gradients != 2 || p.Refreshed {
				t.Fatalf("step %d: %+v, want two gradients and no products", step, p)
			}
		}
	})
}

// With a refresh beside the step, α = 0 is SAM bit for bit, for the forms that leave g_adv alone at α = 0.
func TestAlphaZeroIsSAM(t *testing.T) {
	n := net{dropout: 0.3, l2: 0.01}
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		sam := newNetLab(t, b, n, xsam.SAMConfig())
		sam.step(20)
		want := sam.weights()
		for _, form := range []xsam.Form{xsam.Oriented, xsam.Projection} {
			for _, refresh := range []xsam.Estimator{xsam.ByThreePoint, xsam.ByExact} {
				t.Run(fmt.Sprint(form, "/", refresh), func(t *testing.T) {
					if form != xsam.Oriented || refresh != xsam.ByThreePoint {
						testbackend.SkipRepeat(t, b)
					}
					c := xsam.DefaultConfig()
					c.Alpha, c.Form, c.By, c.PowerSteps = 0, form, refresh, 1
					l := newNetLab(t, b, n, c)
					l.step(20)
					if got := l.weights(); !slices.Equal(got, want) {
						t.Errorf("weights differ from SAM's:\n got %v\nwant %v", got, want)
					}
				})
			}
		}
	})
}

// −v is as good an eigenvector as v: starting from either, Projection and Oriented make the same steps.
func TestSignOfVDoesNotMatter(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for _, form := range []xsam.Form{xsam.Oriented, xsam.Projection} {
			for _, refresh := range []xsam.Estimator{xsam.ByPair, xsam.ByThreePoint} {
				t.Run(fmt.Sprint(form, "/", refresh), func(t *testing.T) {
					if form != xsam.Oriented || refresh != xsam.ByPair {
						testbackend.SkipRepeat(t, b)
					}
					c := xsam.DefaultConfig()
					c.Form, c.By, c.Refresh.Warmup = form, refresh, 1
					straight := newNetLab(t, b, net{}, c).injectNetV(1)
					straight.step(20)
					turned := newNetLab(t, b, net{}, c).injectNetV(-1)
					turned.step(20)
					// The last bits differ: (w + r v) and (w − r v) swap places.
					if got, want := turned.weights(), straight.weights(); !near(got, want, 1e-9) {
						t.Errorf("from −v the weights are\n%v, from v\n%v", got, want)
					}
				})
			}
		}
	})
}

// injectNetV makes a fixed unit vector, times sign, the first v of a net.
func (l *lab) injectNetV(sign float64) *lab {
	for path, dims := range map[string][]int{
		"/hidden/weights": {6, 8}, "/hidden/biases": {8}, "/output/weights": {8, 3}, "/output/biases": {3},
	} {
		size := 1
		for _, d := range dims {
			size *= d
		}
		flat := make([]float64, size)
		for i := range flat {
			flat[i] = sign * float64(1-2*(i%2)) / math.Sqrt(83) // 83 weights in all
		}
		l.store.VariableWithValue(xsam.Scope+"/eigenvector"+path, tensors.FromFlatDataAndDimensions(flat,
			dims...)).SetTrainable(false)
	}
	return l
}

// An exact refresh is at w, wherever the trainer's own pass was: with a learning rate of nearly 0 the weights stay, and
// msam, whose pass is at w + ε, finds the λ that a step without an ascent finds.
func TestExactRefreshAlongMomentumIsAtW(t *testing.T) {
	moved := xsam.MSAMConfig()
	moved.Rho, moved.Alpha = 0.5, 1
	moved.Refresh = xsam.Refresh{By: xsam.ByExact, Every: 1, Warmup: 1, PowerSteps: 2}
	still := moved
	still.Ascent = xsam.Ascent{}
	lambda := func(c xsam.Config) float64 {
		base := optim.SGD(1e-12).Momentum(0.9).Done()
		obj := objective.New(net{}.modelFn, net{}.lossFn)
		l := newLabWith(t, testbackend.Go(t), seededStore(), obj, base, c, examples{})
		l.step(3)
		return l.stats().Lambda
	}
	if got, want := lambda(moved), lambda(still); !near([]float64{got}, []float64{want}, 1e-6) {
		t.Errorf("λ %v along the momentum, %v without an ascent", got, want)
	}
}
