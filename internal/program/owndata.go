package program

import (
	"fmt"
	"iter"

	"github.com/gomlx/gomlx/ml/train"
)

// Feed returns the training data of a seed from the batch of a step on, without end.
func (p *Program) Feed(seed int64, step int) (train.Dataset, error) {
	if p.own == nil {
		loader, err := p.Loader(seed)
		if err != nil {
			return nil, err
		}
		return loader.From(step), nil
	}
	data, err := p.own.train(seed)
	if err != nil {
		return nil, err
	}
	return again{Dataset: data, skip: step}, nil
}

// again begins a data set anew where it ends, and leaves its first batches out.
type again struct {
	train.Dataset
	skip int
}

// Iter implements train.Dataset.
func (a again) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for done, before := 0, -1; ; {
			if done == before {
				yield(train.Batch{}, fmt.Errorf("program: %s yields no batches any more, after %d: want a data set whose Iter "+
					"begins anew", a.Name(), done))
				return
			}
			before = done
			for batch, err := range a.Dataset.Iter() {
				if done++; done <= a.skip && err == nil {
					if err = batch.Finalize(); err == nil {
						continue
					}
				}
				if !yield(batch, err) || err != nil {
					return
				}
			}
		}
	}
}

// firstOf is the first n batches of a data set that is made when they are wanted, fewer where it ends before.
type firstOf struct {
	n  int
	of func() (train.Dataset, error)
}

// Name implements train.Dataset.
func (firstOf) Name() string { return "the sample of the training data" }

// Iter implements train.Dataset.
func (f firstOf) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		data, err := f.of()
		if err != nil {
			yield(train.Batch{}, err)
			return
		}
		n := 0
		for batch, err := range data.Iter() {
			if n++; !yield(batch, err) || err != nil || n == f.n {
				return
			}
		}
	}
}
