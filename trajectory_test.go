package xsam_test

import (
	"iter"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

var goldenFiles = []string{"mlp", "cnn", "published", "family"}

// mostParts are the cases that between them have most of the parts.
var mostParts = map[string]bool{"cnn/xsam oriented": true, "published/published": true,
	"family/eigensam and fsam, oriented": true}

// TestTrajectories trains the networks of testdata/golden for 20 steps, with momentum and weight decay, and finds at
// every step what an independent implementation in float64 found: each schedule, each way to refresh v and each
// correction.
//
// In float64 nothing but rounding may differ: 1e-9. In float32 the weights, v and the loss agree to 1e-4; the numbers
// got from small differences of large ones (λ, its derivative, the residual, the angle) to 2e-3 of their size. XLA
// takes a second or more to compile each kind of step, so it runs float32 with the presets only, of which that of the
// convolutional network runs everywhere; the rest, and the other cases of those networks, in continuous integration.
func TestTrajectories(t *testing.T) {
	for _, name := range goldenFiles {
		g := readGolden(t, name)
		for _, c := range g.Cases {
			t.Run(name+"/"+c.Name, func(t *testing.T) {
				testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
					preset := c.Name == "xsam oriented" || c.Name == "lite oriented" || c.Name == "published"
					compiled := testbackend.Compiled(t, b)
					if compiled && !(preset && name == "mlp") && !mostParts[name+"/"+c.Name] &&
						(name == "family" || !testbackend.Thorough()) {
						t.Skip("one case has most of the parts, and compiling takes its time")
					}
					t.Run("float64", func(t *testing.T) { g.follow(t, b, c, dtypes.Float64, 1e-9, 1e-9) })
					if compiled && (!preset || name != "cnn" && !testbackend.Thorough()) {
						return
					}
					t.Run("float32", func(t *testing.T) { g.follow(t, b, c, dtypes.Float32, 1e-4, 2e-3) })
				})
			})
		}
	}
}

// The decisions that a trajectory hangs on (the signs of ⟨v', v⟩, of dλ/dv, of L₊ − L₋ and, for the published form and
// Eigen-SAM, of ⟨g, v⟩, and whether an interval grows) are nowhere near a tie.
func TestTrajectoryMargins(t *testing.T) {
	for _, name := range goldenFiles {
		for _, c := range readGolden(t, name).Cases {
			for i, s := range c.Steps {
				for _, margin := range []*float64{s.AlignMargin, s.TurnMargin, s.SideMargin, s.CalmMargin, s.AbsMargin,
					s.LeanMargin} {
					if margin != nil && !(*margin > 1e-3) {
						t.Errorf("%s/%s: step %d has a margin of %v, want more than 1e-3", name, c.Name, i, *margin)
					}
				}
			}
		}
	}
}

// follow runs one case and compares it step by step. tol is for the weights, v, the loss and the running averages,
// measured for what a step measures.
func (g golden) follow(t *testing.T, b compute.Backend, c goldenCase, dtype dtypes.DType, tol, measured float64) {
	store := model.NewStore()
	defer store.Finalize()
	g.create(store, "", g.W0, dtype)
	if c.V0 != nil {
		g.create(store, xsam.Scope+"/eigenvector", c.V0, dtype)
	}
	obj := objective.New(g.modelFn, func(labels, logits []*graph.Node) *graph.Node {
		return graph.ReduceAllMean(loss.SparseCategoricalCrossEntropyLogits(labels, logits))
	})
	base := optim.SGD(g.LearningRate).Momentum(g.Momentum).WeightDecay(g.WeightDecay).Done()
	opt, err := xsam.New(obj, base, c.Config)
	if err != nil {
		t.Fatal(err)
	}
	trainer := train.NewTrainer(b, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
	defer trainer.ResetComputationGraphs()
	next, stop := iter.Pull2(opt.Schedule(store, goldenBatches{g, dtype}).Iter())
	defer stop()

	checkpoints := c.Checkpoints
	for i, want := range c.Steps {
		batch, err, _ := next()
		if err != nil {
			t.Fatal(err)
		}
		metrics, err := trainer.TrainStep(batch)
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		reported := numbers(t, metrics[0])
		for _, m := range metrics {
			m.MustFinalizeAll()
		}
		stats, err := opt.Stats(store)
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, got float64, want *float64, tol float64) {
			if want != nil && !(math.Abs(got-*want) <= tol*max(1, math.Abs(*want))) {
				t.Fatalf("step %d (%s): %s = %v, want %v", i, stats.Kind, what, got, *want)
			}
		}
		if stats.Kind.String() != want.Kind || stats.Refreshed != (want.Lambda != nil) {
			t.Fatalf("step %d is a %v step, refreshed %v: want %s, %v", i, stats.Kind, stats.Refreshed, want.Kind,
				want.Lambda != nil)
		}
		check("reported loss", reported[0], &want.Loss, tol)
		check("Loss", stats.Loss, &want.Loss, tol)
		check("Lambda", stats.Lambda, want.Lambda, measured)
		check("Residual", stats.Residual, want.Residual, measured)
		check("D3", stats.D3, want.D3, measured)
		check("AlongV", stats.AlongV, want.C, tol)
		check("AngleDeg", stats.AngleDeg, want.AngleDeg, measured)
		check("‖w‖", norm(g.read(t, store, "")), &want.WNorm, tol)
		if len(checkpoints) > 0 && checkpoints[0].Step == i+1 {
			g.compare(t, store, checkpoints[0], tol)
			checkpoints = checkpoints[1:]
		}
	}
	if len(checkpoints) > 0 {
		t.Errorf("%d checkpoints were not reached", len(checkpoints))
	}
}

// compare holds the store against what the reference had after as many steps.
func (g golden) compare(t *testing.T, store *model.Store, want goldenCheckpoint, tol float64) {
	t.Helper()
	check := func(what string, got, reference []float64) {
		t.Helper()
		if !near(got, reference, tol) {
			t.Fatalf("%s after %d steps = %v, want %v", what, want.Step, got, reference)
		}
	}
	check("w", g.read(t, store, ""), want.W)
	if want.V != nil {
		check("v", g.read(t, store, xsam.Scope+"/eigenvector"), want.V)
	}
	for i, path := range g.Norms {
		check(path+"/mean", numbers(t, store.GetVariable(path+"/mean").MustValue()), want.Averages[i][0])
		check(path+"/variance", numbers(t, store.GetVariable(path+"/variance").MustValue()), want.Averages[i][1])
		updates := tensors.ToScalar[int64](store.GetVariable(path + "/updates").MustValue())
		if updates != want.Updates {
			t.Fatalf("the averages of %s have been updated %d times in %d steps, want %d", path, updates, want.Step,
				want.Updates)
		}
	}
}

// numbers returns the entries of a float32 or float64 tensor.
func numbers(t *testing.T, x *tensors.Tensor) []float64 {
	t.Helper()
	if x.DType() == dtypes.Float64 {
		return tensors.MustCopyFlatData[float64](x)
	}
	var wide []float64
	for _, entry := range tensors.MustCopyFlatData[float32](x) {
		wide = append(wide, float64(entry))
	}
	return wide
}

func norm(x []float64) float64 {
	sum := 0.0
	for _, xi := range x {
		sum += xi * xi
	}
	return math.Sqrt(sum)
}
