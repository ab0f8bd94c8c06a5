package curvature

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/xsam-go/xsam/internal/forward"
)

// weigh finds the share of each batch in the loss of all, from what the loss of each divides by. One batch has all of
// it, whatever its loss is.
func (p *Problem) weigh(ctx context.Context) (err error) {
	var problem error
	divides := p.program("divisor", func(s *batchGraph, _ []*graph.Node) []*graph.Node {
		d, err := s.value().Divisor()
		if err != nil {
			problem = err
			return []*graph.Node{graph.Scalar(s.g, p.dtype, 1)}
		}
		p.plain = d.Plain
		return append([]*graph.Node{d.Value}, d.Sums...)
	})
	p.shares = make([]float64, len(p.batches))
	var sums []float64
	for i := range p.batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		out, err := p.scalars(divides, i, nil)
		if err != nil {
			return err
		}
		if problem != nil {
			break
		}
		p.shares[i] = out[0]
		if sums == nil {
			sums = make([]float64, len(out)-1)
		}
		if len(out) != 1+len(sums) {
			return fmt.Errorf("curvature: the loss of batch %d divides by %d sums, that of the ones before it by %d: "+
				"want one loss for all", i, len(out)-1, len(sums))
		}
		for j := range sums {
			sums[j] += out[1+j]
		}
	}
	if problem != nil {
		if len(p.batches) > 1 {
			return fmt.Errorf("curvature: how the loss of %d batches is made of theirs is not known: %w", len(p.batches),
				problem)
		}
		p.shares[0] = 1
		return nil
	}
	if p.sum, err = p.isSum(ctx); err != nil {
		return err
	}
	p.sum = p.sum || len(sums) == 0
	if p.sum {
		for i := range p.shares {
			p.shares[i] = 1
		}
		return nil
	}
	total, err := p.dividesAll(sums)
	if err != nil {
		return err
	}
	if !(total > 0) {
		return fmt.Errorf("curvature: the loss of all batches divides by %v: want masks or weights that leave something",
			total)
	}
	if whole := math.Round(total); !p.plain && math.Abs(total-whole) < 1e-6*total {
		p.examples = int(whole)
	}
	for i := range p.shares {
		p.shares[i] /= total
	}
	return nil
}

// dividesAll is what the loss of all batches divides by, given the sums over all of them.
func (p *Problem) dividesAll(sums []float64) (float64, error) {
	all := p.program("divisor of all batches", func(s *batchGraph, v []*graph.Node) []*graph.Node {
		d, err := s.value().Divisor()
		if err != nil {
			panic(err)
		}
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

// isSum tells whether the loss is a sum over the rows that was not declared as one, by the halves of the first batch.
func (p *Problem) isSum(ctx context.Context) (bool, error) {
	if !p.plain || ctx.Err() != nil {
		return false, ctx.Err()
	}
	parts := p.program("halves of a batch", func(s *batchGraph, _ []*graph.Node) []*graph.Node {
		main := func(v forward.Value) *graph.Node { return v.Main }
		whole, joined, ok, err := s.objective.Parts(s.scope, s.g, s.batch, main)
		if err != nil || !ok {
			zero := graph.Scalar(s.g, p.dtype, 0)
			return []*graph.Node{zero, zero}
		}
		return []*graph.Node{whole, joined}
	})
	out, err := p.scalars(parts, 0, nil)
	if err != nil {
		return false, err
	}
	return forward.Relate(out[0], out[1]) == forward.IsSum, nil
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

// terms is the number n of examples that a batch's mean is over: its rows, or what a mask or weights leave of them; 1
// for a sum.
func (s *batchGraph) terms(v forward.Value) *graph.Node {
	if s.sum {
		return graph.Scalar(s.g, s.dtype, 1)
	}
	if d, err := v.Divisor(); err == nil && !d.Plain && len(d.Sums) > 0 {
		return graph.ConvertDType(d.Value, s.dtype)
	}
	return graph.Scalar(s.g, s.dtype, float64(s.batch.Inputs[0].Shape().Dim(0)))
}
