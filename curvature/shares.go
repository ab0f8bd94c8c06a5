package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/xsam-go/xsam/internal/forward"
)

// weigh finds the share of each batch in the loss of all, from what the loss of each divides by. One batch has all of
// it, whatever its loss is.
func (p *Problem) weigh(ctx context.Context) error {
	p.shares = make([]float64, len(p.batches))
	joins := p.allJoin(ctx)
	switch {
	case errors.Is(joins, forward.ErrSum), joins == nil && p.sum:
		p.sum = true
		for i := range p.shares {
			p.shares[i] = 1
		}
		return nil
	case joins != nil && len(p.batches) > 1:
		return fmt.Errorf("curvature: how the loss of %d batches is made of theirs is not known: %w", len(p.batches), joins)
	case joins != nil:
		p.shares[0] = 1
		return ctx.Err()
	}
	apart := false
	divides := p.program("divisor", func(s *batchGraph, _ []*graph.Node) []*graph.Node {
		d := must(s.measured().Divisor())
		p.plain, apart = d.Plain, d.Rest != nil
		return append([]*graph.Node{d.Value}, d.Sums...)
	})
	var sums, first []float64
	for i := range p.batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		out, err := p.scalars(divides, i, nil)
		if err != nil {
			return err
		}
		p.shares[i] = out[0]
		if sums == nil {
			sums, first = make([]float64, len(out)-1), out
		}
		if err := p.sameKind(i, out, first); err != nil {
			return err
		}
		for j := range sums {
			sums[j] += out[1+j]
		}
	}
	p.uncounted = !p.plain && len(p.batches) > 1
	total, err := p.dividesAll(sums)
	if err != nil {
		return err
	}
	if !(total > 0) {
		return fmt.Errorf("curvature: the loss of all batches divides by %v: want masks or weights that leave something",
			total)
	}
	if whole := math.Round(sums[0]); !p.plain && len(sums) == 1 && math.Abs(sums[0]-whole) < 1e-6*whole {
		p.examples = int(whole)
	}
	all := 0.0
	for i := range p.shares {
		p.shares[i] /= total
		all += p.shares[i]
	}
	if apart && math.Abs(all-1) > 1e-6 {
		return fmt.Errorf("curvature: the batches have %.6g of the loss together, for some have nothing that counts, and so "+
			"would have as much of the regularisation: leave it out (ProblemOptions.Regularization), or take one batch", all)
	}
	return nil
}

// sameKind fails where the divisors of the loss's terms in batch i are not in proportion to those in the first batch.
func (p *Problem) sameKind(i int, out, first []float64) error {
	if len(out) != len(first) {
		return fmt.Errorf("curvature: the loss of batch %d divides by %d sums, that of the first by %d: "+
			"want one loss for all", i, len(out)-1, len(first)-1)
	}
	if !p.plain {
		return nil
	}
	for j := range out {
		if a, b := out[j]*first[0], first[j]*out[0]; math.Abs(a-b) > 1e-5*math.Abs(b) {
			return fmt.Errorf("curvature: the loss adds means over different numbers of entries, and batch %d has others than "+
				"the first, so that no one number weighs it: want batches of one shape, or one batch", i)
		}
	}
	return nil
}

// dividesAll is what the loss of all batches divides by, given the sums over all of them.
func (p *Problem) dividesAll(sums []float64) (float64, error) {
	all := p.program("divisor of all batches", func(s *batchGraph, v []*graph.Node) []*graph.Node {
		d := must(s.measured().Divisor())
		at := make([]*graph.Node, len(sums))
		for i := range at {
			at[i] = graph.ConvertDType(graph.Reshape(graph.Slice(v[0], graph.AxisElem(i))), d.Value.DType())
		}
		return []*graph.Node{d.At(at)}
	})
	out, err := p.scalars(all, 0, sums)
	if err != nil {
		return 0, err
	}
	return out[0], nil
}

// scalars runs a program of scalars on one batch, and reads them.
func (p *Problem) scalars(pr *program, batch int, v []float64) ([]float64, error) {
	var vectors []*tensors.Tensor
	if v != nil {
		vectors = append(vectors, tensors.FromFlatDataAndDimensions(v, len(v)))
	}
	out, err := pr.run(p.batches[batch], vectors)
	for _, t := range vectors {
		t.MustFinalizeAll()
	}
	if err != nil {
		return nil, fmt.Errorf("curvature: batch %d: %w", batch, err)
	}
	values := make([]float64, len(out))
	for i, t := range out {
		x, failed := scalar(t)
		if err == nil {
			err = failed
		}
		values[i] = x
		t.MustFinalizeAll()
	}
	return values, err
}

// terms is the number n of examples in a batch's mean: its rows, or what a mask or weights leave of them; 1 for a sum.
func (s *batchGraph) terms(v forward.Value) *graph.Node {
	if s.sum {
		return graph.Scalar(s.g, s.dtype, 1)
	}
	if d, err := v.Divisor(); err == nil {
		return graph.ConvertDType(d.Count, s.dtype)
	}
	return graph.Scalar(s.g, s.dtype, float64(s.rows()))
}

// rows of the batch.
func (s *batchGraph) rows() int {
	rows, _ := rowsOf(s.objective, s.batch.Inputs, s.batch.Labels)
	return rows
}

// must is for graph functions, which panic on error.
func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}
