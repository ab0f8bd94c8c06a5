package xsamtest

import (
	"fmt"
	"iter"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// Program is a training program: a model with its loss, and data.
type Program struct {
	// Backend runs it. Small models are fastest on the pure-Go one.
	Backend compute.Backend

	// Objective returns the model with its loss, new each time. Its initial weights must come from the store alone.
	Objective func() *objective.Objective

	// Batch returns batch number i, made anew each time it is asked for: the trainer frees what it gets.
	Batch func(i int) train.Batch

	// Store returns a new store before training; nil gives an empty one whose random numbers are those of seed 1.
	Store func() *model.Store

	// Base returns a base optimizer; nil gives optim.SGD(0.1).
	Base func() optimizer.Interface

	// MicroBatches is into how many parts Accumulate cuts a batch, all of the same length; 0 leaves that check out.
	// A model with batch norm, or dropout, cannot pass it: parts of a batch have other statistics and masks.
	MicroBatches int

	// Tolerance is the relative difference that is allowed where rounding differs; 0 gives 1e-8 for weights in float64
	// and 2e-4 for others.
	Tolerance float64
}

// Name and Iter make it the data set of its own batches.
func (p Program) Name() string { return "conformance" }

// Iter yields Batch(0), Batch(1), … without end.
func (p Program) Iter() iter.Seq2[train.Batch, error] { return p.from(0).Iter() }

type batches struct {
	p     Program
	first int
}

func (p Program) from(first int) batches { return batches{p, first} }

func (b batches) Name() string { return b.p.Name() }

func (b batches) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for i := b.first; yield(b.p.Batch(i), nil); i++ {
		}
	}
}

func (p Program) store() *model.Store {
	if p.Store != nil {
		return p.Store()
	}
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(1))
	return store
}

func (p Program) base() optimizer.Interface {
	if p.Base != nil {
		return p.Base()
	}
	return optim.SGD(0.1).Done()
}

// plain trains with GoMLX alone.
func (p Program) plain(store *model.Store, base optimizer.Interface, steps int) error {
	obj := p.Objective()
	trainer := train.NewTrainer(p.Backend, store, obj.ModelFn, obj.LossFn, base, nil, nil)
	return run(trainer, p, steps)
}

// with trains with package xsam; micro is 0 where batches are not cut.
func (p Program) with(store *model.Store, base optimizer.Interface, c xsam.Config, first, steps, micro int) error {
	obj := p.Objective()
	opt, err := xsam.New(obj, base, c)
	if err != nil {
		return err
	}
	ds := opt.Schedule(store, p.from(first))
	count := steps
	if micro > 0 {
		if ds, err = opt.Accumulate(store, p.from(first), micro); err != nil {
			return err
		}
		count = 0
		for i := range steps {
			count += c.MicroSteps(int64(first+i), micro)
		}
	}
	return run(train.NewTrainer(p.Backend, store, obj.ModelFn, obj.LossFn, opt, nil, nil), ds, count)
}

func run(trainer *train.Trainer, ds train.Dataset, steps int) error {
	_, err := train.NewLoop(trainer).RunSteps(ds, steps)
	return err
}

// weights reads the trained parameters of a store in which a step was made, by path.
func weights(store *model.Store) (map[string][]float64, error) {
	out := map[string][]float64{}
	for v := range store.IterVariables() {
		if !v.Trainable || !v.DType().IsFloat() {
			continue
		}
		x, err := floats(v)
		if err != nil {
			return nil, err
		}
		out[v.Path()] = x
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("xsamtest: the model has no trainable parameters")
	}
	return out, nil
}

func floats(v *model.Variable) ([]float64, error) {
	value, err := v.Value()
	if err != nil {
		return nil, fmt.Errorf("xsamtest: reading %s: %w", v.Path(), err)
	}
	switch v.DType() {
	case dtypes.Float64:
		return tensors.CopyFlatData[float64](value)
	case dtypes.Float32:
		narrow, err := tensors.CopyFlatData[float32](value)
		wide := make([]float64, len(narrow))
		for i, x := range narrow {
			wide[i] = float64(x)
		}
		return wide, err
	}
	return nil, fmt.Errorf("xsamtest: parameter %s has type %s: want float32 or float64", v.Path(), v.DType())
}

// double tells whether all weights are in float64.
func double(store *model.Store) bool {
	for v := range store.IterVariables() {
		if v.Trainable && v.DType().IsFloat() && v.DType() != dtypes.Float64 {
			return false
		}
	}
	return true
}
