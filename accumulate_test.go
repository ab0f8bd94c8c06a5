package xsam_test

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// updates makes n updates of micro-batches and returns the loss that the trainer reported for the last.
func (l *lab) updates(micro, n int) (loss float64) {
	l.t.Helper()
	for range n {
		global := int64(0)
		if v := l.store.GetVariable("/global_step"); v != nil {
			global = tensors.ToScalar[int64](v.MustValue())
		}
		loss = l.step(l.opt.Config().MicroSteps(global, micro))
	}
	return loss
}

// newMicroLab is newNetLab with batches cut into n.
func newMicroLab(t *testing.T, b compute.Backend, m net, c xsam.Config, n int) *lab {
	t.Helper()
	return newLabWith(t, b, seededStore(), objective.New(m.modelFn, m.lossFn), descent(), c, examples{}).cut(n)
}

// cut has the lab go on with its batches in n parts.
func (l *lab) cut(n int) *lab { return l.cutOf(examples{}, n) }

// cutOf is cut, with the batches of a data set.
func (l *lab) cutOf(of train.Dataset, n int) *lab {
	l.t.Helper()
	ds, err := l.opt.Accumulate(l.store, of, n)
	if err != nil {
		l.t.Fatal(err)
	}
	next, stop := iter.Pull2(ds.Iter())
	l.t.Cleanup(stop)
	l.next = next
	return l
}

// Twelve updates from batches of ten in five parts leave the weights, v and λ of the undivided batches, whatever the
// schedule. The sums are made in another order: only rounding differs, in float64.
func TestAccumulateEqualsTheWholeBatch(t *testing.T) {
	explicit := xsam.DefaultConfig()
	explicit.Form, explicit.Refresh.Every = xsam.Explicit, 1
	unit, clean := xsam.DefaultConfig(), xsam.LookSAMConfig()
	unit.Length, unit.Form, clean.Length = xsam.Unit, xsam.Paper, xsam.Clean
	for name, config := range map[string]xsam.Config{
		"unit length": unit, "clean length": clean, "NSAM": xsam.NSAMConfig(), "SSAM": xsam.SSAMConfig(),
		"SGD": xsam.SGDConfig(), "SAM": xsam.SAMConfig(), "ASAM": xsam.ASAMConfig(), "X-SAM": xsam.DefaultConfig(),
		"X-SAM lite": xsam.LiteConfig(), "explicit": explicit, "LookSAM": xsam.LookSAMConfig(),
		"GSAM": xsam.GSAMConfig(), "F-SAM": xsam.FSAMConfig(), "Eigen-SAM": xsam.EigenSAMConfig(),
		"late SAM": xsam.LateSAMConfig().ForRun(14), "all of them": together(),
	} {
		t.Run(name, func(t *testing.T) {
			engines := testbackend.EachSlow
			if name != "X-SAM" { // which has all kinds of pass; XLA takes its time to compile them
				engines = func(t *testing.T, f func(*testing.T, compute.Backend)) { f(t, testbackend.Go(t)) }
			}
			engines(t, func(t *testing.T, b compute.Backend) {
				testbackend.SkipRepeat(t, b) // TestLossWithADerivativeOfTheNetwork has parts of batches on XLA
				whole, parts := newNetLab(t, b, net{l2: 1e-3}, config), newMicroLab(t, b, net{l2: 1e-3}, config, 5)
				want, got := whole.step(12), parts.updates(5, 12)
				if !near(parts.weights(), whole.weights(), 1e-10) {
					t.Errorf("weights %v, undivided %v", parts.weights(), whole.weights())
				}
				p, q := parts.stats(), whole.stats()
				if !near([]float64{p.Loss, p.GradNorm, got}, []float64{q.Loss, q.GradNorm, q.Loss}, 1e-9) {
					t.Errorf("loss %v, ‖g‖ %v, reported %v; undivided %v, %v, %v", p.Loss, p.GradNorm, got, q.Loss, q.GradNorm, want)
				}
				if !math.IsNaN(q.Lambda) && !near([]float64{p.Lambda, p.D3}, []float64{q.Lambda, q.D3}, 1e-6) {
					t.Errorf("λ %v, dλ/dv %v; undivided %v, %v", p.Lambda, p.D3, q.Lambda, q.D3)
				}
				if p.Step != 11 {
					t.Errorf("the last step is number %d, want 11: the global step counts updates", p.Step)
				}
			})
		})
	}
}

// Ascents along the momentum of the base: its step is made once an update, so parts see the one momentum.
func TestAlongTheMomentumInParts(t *testing.T) {
	up, motion := xsam.DefaultConfig(), xsam.LiteConfig()
	up.Along, motion.Along = xsam.AlongMomentum, xsam.AlongMotion
	for name, config := range map[string]xsam.Config{"msam": xsam.MSAMConfig(), "xsam": up, "xsam-lite": motion} {
		t.Run(name, func(t *testing.T) {
			made := func() *lab {
				n := net{l2: 1e-3}
				return newLabWith(t, testbackend.Go(t), seededStore(), objective.New(n.modelFn, n.lossFn),
					optim.SGD(0.1).Momentum(0.9).Done(), config, examples{})
			}
			whole, parts := made(), made().cut(5)
			whole.step(12)
			parts.updates(5, 12)
			if !near(parts.weights(), whole.weights(), 1e-10) {
				t.Errorf("weights %v, undivided %v", parts.weights(), whole.weights())
			}
		})
	}
}

// together is what the relatives of SAM bring along, in one.
func together() xsam.Config {
	c := xsam.EigenSAMConfig()
	c.From, c.Less, c.Decay, c.Of, c.Form, c.Alpha = 2, 1, 0.9, xsam.WeightsOnly, xsam.SurrogateGap, 0.4
	return c
}

// Both passes of a micro-batch have the same dropout mask: with a ball too small to matter SAM is plain descent, to the
// rounding that ρ leaves. And the stream advances once a micro-batch, not twice; so do averages. Counters, which do not
// look at the batch, count updates.
func TestMicroBatchesKeepTheirDropoutMasks(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) { // of which each has random numbers of its own
		testbackend.SkipRepeat(t, b) // TestForwardPassesLeaveNoTrace has those of XLA
		still := xsam.SAMConfig()
		still.Rho = 1e-12
		model := net{dropout: 0.5}
		plain, sam := newMicroLab(t, b, model, xsam.SGDConfig(), 2), newMicroLab(t, b, model, still, 2)
		plain.updates(2, 6)
		sam.updates(2, 6)
		if !near(sam.weights(), plain.weights(), 1e-9) {
			t.Errorf("weights of SAM in a ball of 1e-12 %v, of plain descent %v", sam.weights(), plain.weights())
		}
		if got, want := fmt.Sprint(sam.random()), fmt.Sprint(plain.random()); got != want {
			t.Errorf("the random state is %s, want %s, as after one pass", got, want)
		}
		if got, want := sam.vector("/norm/average"), plain.vector("/norm/average"); !near(got, want, 1e-9) {
			t.Errorf("running average %v, want %v", got, want)
		}
		if passes := tensors.ToScalar[float64](sam.store.GetVariable("/norm/passes").MustValue()); passes != 6 {
			t.Errorf("%v passes were counted, want one for each of 6 updates", passes)
		}
	})
}

// An iteration that ends in the middle of an update leaves nothing behind that the next one adds to.
func TestAccumulateBeginsWithAWholeBatch(t *testing.T) {
	b := testbackend.Go(t)
	config := xsam.SAMConfig()
	whole, parts := newNetLab(t, b, net{}, config), newMicroLab(t, b, net{}, config, 2)
	parts.step(3) // of 4
	ds, err := parts.opt.Accumulate(parts.store, examples{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	next, stop := iter.Pull2(ds.Iter())
	defer stop()
	parts.next = next
	parts.updates(2, 4)
	whole.step(4)
	if !near(parts.weights(), whole.weights(), 1e-10) {
		t.Errorf("weights %v, undivided %v", parts.weights(), whole.weights())
	}
}

// With LocalAscent and plain descent an update is the mean of the updates that SAM makes from each half of the batch
// alone: the gradients at the two points w + εᵢ are averaged.
func TestLocalAscentIsTheMeanOverTheMicroBatches(t *testing.T) {
	b := testbackend.Go(t)
	config := xsam.SAMConfig()
	config.Rho, config.Local = 0.5, true
	local := newMicroLab(t, b, net{}, config, 2)
	local.updates(2, 1)
	var mean []float64
	for half := range 2 {
		alone := newLabWith(t, b, seededStore(), objective.New(net{}.modelFn, net{}.lossFn), descent(), config, halfOf(half))
		alone.step(1)
		w := alone.weights()
		if mean == nil {
			mean = make([]float64, len(w))
		}
		for i := range w {
			mean[i] += w[i] / 2
		}
	}
	if !near(local.weights(), mean, 1e-12) {
		t.Errorf("weights %v, want the mean of the halves %v", local.weights(), mean)
	}
	config.Local = false
	global := newMicroLab(t, b, net{}, config, 2)
	global.updates(2, 1)
	if near(global.weights(), mean, 1e-6) {
		t.Error("one ε for the whole batch gives the same: the test shows nothing")
	}
}

// halfOf yields the first or the second five of each of the examples' batches.
type halfOf int

func (halfOf) Name() string { return "half of the examples" }

func (h halfOf) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for batch, err := range (examples{}).Iter() {
			x, y := tensors.MustCopyFlatData[float64](batch.Inputs[0]), tensors.MustCopyFlatData[int32](batch.Labels[0])
			batch.Inputs[0] = tensors.FromFlatDataAndDimensions(x[int(h)*30:int(h)*30+30], 5, 6)
			batch.Labels[0] = tensors.FromFlatDataAndDimensions(y[int(h)*5:int(h)*5+5], 5, 1)
			if !yield(batch, err) {
				return
			}
		}
	}
}

func TestAccumulateRefuses(t *testing.T) {
	b := testbackend.Go(t)
	l := newNetLab(t, b, net{}, xsam.SAMConfig())
	if _, err := l.opt.Accumulate(l.store, examples{}, 0); err == nil || !strings.Contains(err.Error(), "n = 0") {
		t.Errorf("n = 0: error %v", err)
	}
	paper := newNetLab(t, b, net{}, xsam.PaperConfig())
	if _, err := paper.opt.Accumulate(paper.store, examples{}, 2); err == nil || !strings.Contains(err.Error(), "ByPair") {
		t.Errorf("exact refresh: error %v, want one that names ByPair", err)
	}
	ds, err := l.opt.Accumulate(l.store, examples{}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range ds.Iter() {
		if err == nil || !strings.Contains(err.Error(), "cannot be cut into 3") {
			t.Errorf("ten examples in three parts: error %v", err)
		}
		break
	}
}
