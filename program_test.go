package xsam_test

import (
	"iter"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// data yields what the function gives, without end.
type data func() train.Batch

func (data) Name() string { return "data" }

func (d data) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for yield(d(), nil) {
		}
	}
}

// four yields four rows with the labels 3, and what else there is to labels.
func four(more ...any) data {
	return func() train.Batch {
		labels := []*tensors.Tensor{f64([]float64{3, 3, 3, 3}, 4)}
		for _, m := range more {
			if t, ok := m.(*tensors.Tensor); ok { // each batch has one of its own
				copied, err := t.Clone()
				if err != nil {
					panic(err)
				}
				labels = append(labels, copied)
				continue
			}
			labels = append(labels, tensors.MustFromAnyValue(m))
		}
		return train.Batch{Inputs: []*tensors.Tensor{f64([]float64{1, 0, 1, 0, 0, 1, 0, 1}, 4, 2)}, Labels: labels}
	}
}

func f64(v []float64, dims ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(v, dims...)
}

// program is a user's program: n updates of a fresh optimizer on a store.
type program struct {
	backend compute.Backend
	obj     *objective.Objective
	config  xsam.Config
	base    optimizer.Interface
	data    train.Dataset
	micro   int // 0: batches are not cut
}

func (p program) run(store *model.Store, n int) (xsam.StepStats, error) {
	base := p.base
	if base == nil {
		base = optim.SGD(0.1).Done()
	}
	opt, err := xsam.New(p.obj, base, p.config)
	if err != nil {
		return xsam.StepStats{}, err
	}
	return p.runWith(store, opt, n)
}

func (p program) runWith(store *model.Store, opt *xsam.Optimizer, n int) (xsam.StepStats, error) {
	ds, count := opt.Schedule(store, p.data), n
	if p.micro > 0 {
		var err error
		if ds, err = opt.Accumulate(store, p.data, p.micro); err != nil {
			return xsam.StepStats{}, err
		}
		count = 0
		for i := range n {
			count += p.config.MicroSteps(int64(i), p.micro)
		}
	}
	trainer := train.NewTrainer(p.backend, store, p.obj.ModelFn, p.obj.LossFn, opt, nil, nil)
	if _, err := train.NewLoop(trainer).RunSteps(ds, count); err != nil {
		return xsam.StepStats{}, err
	}
	return opt.Stats(store)
}

func float64s(store *model.Store, path string) []float64 {
	return slices.Clone(tensors.MustCopyFlatData[float64](store.GetVariable(path).MustValue()))
}

// bent is z + z²/10 with z = w·x and w = (0.1, 0.2) at first; extra may do more in training.
func bent(lossFn train.LossFn, extra func(scope *model.Scope, g *graph.Graph, w *model.Variable)) *objective.Objective {
	return objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		w := scope.VariableWithValue("w", []float64{0.1, 0.2})
		if extra != nil && scope.IsTraining(g) {
			extra(scope, g, w)
		}
		z := graph.Einsum("bi,i->b", in[0], w.NodeValue(g))
		return []*graph.Node{graph.Add(z, graph.MulScalar(graph.Square(z), 0.1))} // so that λ has a derivative
	}, lossFn)
}

// everySchedule has configurations with every kind of step and pass that batches may be cut for.
func everySchedule() map[string]xsam.Config {
	return map[string]xsam.Config{"sgd": xsam.SGDConfig(), "sam": xsam.SAMConfig(), "xsam": xsam.DefaultConfig(),
		"lite": xsam.LiteConfig(), "looksam": xsam.LookSAMConfig(), "nsam": xsam.NSAMConfig(),
		"gsam": xsam.GSAMConfig(), "fsam": xsam.FSAMConfig(), "eigensam": xsam.EigenSAMConfig(),
		"late-sam": xsam.LateSAMConfig().ForRun(10)}
}
