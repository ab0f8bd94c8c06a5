package curvature

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
)

// Loss returns L(w + displacement), for a displacement of Dim numbers; nil is 0. It fails when ctx ends.
func (p *Problem) Loss(ctx context.Context, displacement []float64) (float64, error) {
	total := 0.0
	err := p.each(ctx, p.losses, displacement, func(weight float64, out []*tensors.Tensor) error {
		loss, err := scalar(out[0])
		total += counted(weight, loss)
		return err
	})
	return total, err
}

// BatchLosses returns L_b(w + displacement), the loss of each batch, under the same terms as Loss.
func (p *Problem) BatchLosses(ctx context.Context, displacement []float64) ([]float64, error) {
	var list []float64
	err := p.each(ctx, p.losses, displacement, func(_ float64, out []*tensors.Tensor) error {
		loss, err := scalar(out[0])
		list = append(list, loss)
		return err
	})
	return list, err
}

// Gradient writes ∇L(w + displacement) to dst, of length Dim, and returns L(w + displacement), under the same terms as
// Loss.
func (p *Problem) Gradient(ctx context.Context, dst, displacement []float64) (float64, error) {
	if len(dst) != p.Dim() {
		return 0, fmt.Errorf("curvature: Problem.Gradient got a destination of length %d: want %d", len(dst), p.Dim())
	}
	clear(dst)
	total := 0.0
	err := p.each(ctx, p.gradients, displacement, func(weight float64, out []*tensors.Tensor) error {
		loss, err := scalar(out[1])
		total += counted(weight, loss)
		if weight == 0 {
			return err
		}
		return errors.Join(err, addTo(dst, weight, out[0]))
	})
	return total, err
}

// counted is weight·loss, and 0 for a batch in which nothing counts: its loss may be 0/0.
func counted(weight, loss float64) float64 {
	if weight == 0 {
		return 0
	}
	return weight * loss
}

// single is the problem of batch i alone. It shares the compiled graphs.
func (p *Problem) single(i int) *Problem {
	one := *p
	one.batches, one.shares = p.batches[i:i+1], []float64{1}
	return &one
}

// batchLoss evaluates the loss of one batch at w, before there is a displacement.
func (p *Problem) batchLoss(ctx context.Context, i int) (float64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	out, err := p.losses.run(p.batches[i], nil)
	if err != nil {
		return 0, fmt.Errorf("curvature: batch %d: %w", i, err)
	}
	defer out[0].MustFinalizeAll()
	return scalar(out[0])
}

// product averages a program of one vector over the batches. check looks at each batch's results first; it may be nil.
func (p *Problem) product(ctx context.Context, pr *program, dst, src []float64,
	check func(out []*tensors.Tensor) error) error {
	if len(dst) != p.Dim() || len(src) != p.Dim() {
		return fmt.Errorf("curvature: %s got vectors of length %d and %d: want %d, the number of parameters",
			pr.name, len(dst), len(src), p.Dim())
	}
	clear(dst)
	return p.each(ctx, pr, src, func(weight float64, out []*tensors.Tensor) error {
		if weight == 0 {
			return nil
		}
		if check != nil {
			if err := check(out); err != nil {
				return err
			}
		}
		return addTo(dst, weight, out[0])
	})
}

// each runs a program of one vector on every batch, and passes its results to f with the batch's share in the loss.
func (p *Problem) each(ctx context.Context, pr *program, v []float64,
	f func(weight float64, out []*tensors.Tensor) error) error {
	if v != nil && len(v) != p.Dim() {
		return fmt.Errorf("curvature: %s got a vector of length %d: want %d, the number of parameters",
			pr.name, len(v), p.Dim())
	}
	device, err := p.outbound.load(v)
	if err != nil {
		return err
	}
	for i := range p.batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		out, err := pr.run(p.batches[i], []*tensors.Tensor{device})
		if err != nil {
			return fmt.Errorf("curvature: batch %d: %w", i, err)
		}
		err = f(p.shares[i], out)
		for _, t := range out {
			err = errors.Join(err, t.FinalizeAll())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
