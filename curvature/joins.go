package curvature

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/forward"
)

// allJoin is joins of the first batch for each Batch.Spec, by which a model may have another loss.
func (p *Problem) allJoin(ctx context.Context) error {
	seen := map[any]bool{}
	var first error
	for i, b := range p.batches {
		if seen[b.Spec] {
			continue
		}
		sum := p.sum
		err := p.joins(ctx, i)
		isSum := p.sum || errors.Is(err, forward.ErrSum)
		switch {
		case len(seen) == 0:
			first = err
		case isSum != sum:
			return fmt.Errorf("the loss of batch %d (Spec %v) is a sum over its rows, or that of another one is, and not both",
				i, b.Spec)
		case err != nil && !isSum:
			return err
		}
		seen[b.Spec], p.sum = true, isSum
	}
	return first
}

// joins tells, by a few rows of a batch, whether its loss is made of those of its parts. Where the parts do not fit
// they are looked at once more, at half the weights: where the gradient is nothing beside the one there, the loss is
// all but 0 and rounding may be all that they differ by.
func (p *Problem) joins(ctx context.Context, batch int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.mode == withoutDropout { // BatchStatistics asks for statistics that differ between a batch and its parts
		p.mode = asInEvaluation
		defer func() { p.mode = withoutDropout }()
	}
	found, slope, rounding, err := p.relate(batch, 1)
	if err != nil {
		return err
	}
	if found == forward.Differs {
		again, usual, _, err := p.relate(batch, 0.5)
		if err == nil && slope < rounding*usual && (again == forward.Joins || again == forward.IsSum) {
			found = again
		}
	}
	switch found {
	case forward.IsSum:
		return forward.ErrSum
	case forward.Differs:
		return errors.New("the gradient of a few rows is not what two parts of them give: the loss compares the rows of a " +
			"batch or takes something over them, or divides by something else than was found: say what with DividedBy, " +
			"which inputs are no rows with Shared, or take one batch")
	}
	return nil
}

// relate compares the loss of a few rows of a batch with that of their parts, at so much of the weights. It also
// returns Slope and Rounding of the verdict.
func (p *Problem) relate(batch int, share float64) (found forward.Relation, slope, rounding float64, err error) {
	var problem error
	parts := p.program("parts of a batch", func(s *batchGraph, _ []*graph.Node) []*graph.Node {
		if share != 1 {
			w := s.point()
			for i := range w {
				w[i] = graph.MulScalar(w[i], share)
			}
			forward.SetPoint(s.variables, w)
		}
		d, err := s.measured().Divisor()
		p.sum = err == nil && len(d.Sums) == 0
		var found forward.Verdict
		if err == nil {
			var few forward.Batch
			if few, err = s.objective.Some(s.batch, 8); err == nil {
				found, err = s.objective.Compare(s.scope, s.g, few, s.options.Regularization, func(l *graph.Node) []*graph.Node {
					return graph.Gradient(l, forward.Point(s.g, s.variables)...)
				})
			}
		}
		if problem = err; err != nil {
			zero := graph.Scalar(s.g, p.dtype, 0)
			return []*graph.Node{zero, zero, zero, zero}
		}
		rounding = found.Rounding
		return []*graph.Node{found.Apart, found.AsSum, found.Seen, found.Slope}
	})
	out, err := p.scalars(parts, batch, nil)
	if err != nil {
		return forward.Unseen, 0, 0, err
	}
	if problem != nil {
		return forward.Unseen, 0, 0, problem
	}
	return forward.Relate(out[0], out[1], out[2]), out[3], rounding, nil
}
