package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// NewGaussNewton returns the generalised Gauss–Newton matrix of p,
//
//	G = Σ_b n_b·JᵀBJ / Σ_b n_b        J = ∂z/∂w,  B = ∂²ℓ/∂z²
//
// with z the model's predictions on batch b and ℓ its mean loss as a function of them. G is the Hessian without the
// curvature of the model itself. It is positive semi-definite where ℓ is convex in z, and equals the Hessian for a
// model that is linear in w. Where the Problem includes regularisation losses, their Hessian is added.
//
// Apply fails when the model adds another loss with train.AddMainLoss.
//
// Reference: Schraudolph (2002), "Fast curvature matrix-vector products for second-order gradient descent".
func NewGaussNewton(p *Problem) Operator {
	return averaged{p, p.program("Gauss–Newton product", gaussNewtonProduct)}
}

func gaussNewtonProduct(s *batchGraph, flat []*graph.Node) []*graph.Node {
	w, v := s.point(), s.split(flat[0])
	value := s.value()
	z := value.Predictions
	loss, main := s.ofPredictions(value)
	bjv := HVPFromGradient(graph.Gradient(loss, z...), z, jacobianProduct(z, w, v))
	gv := graph.Gradient(paramvec.Dot(z, paramvec.StopGradient(bjv)), w...)
	return []*graph.Node{s.join(s.withRegularization(gv, value, w, v)), main, loss}
}

// ofPredictions returns the loss function of the predictions, and the main loss, which is the same where the model adds
// no other.
func (s *batchGraph) ofPredictions(value forward.Value) (loss, main *graph.Node) {
	loss, main = s.objective.LossFn(s.batch.Labels, value.Predictions), value.Main
	if !loss.IsScalar() {
		loss = graph.ReduceAllMean(loss)
	}
	if s.uncounted {
		loss = must(value.As(loss).Divisor()).Part(loss)
		main = must(value.OnlyMain().Divisor()).Part(main)
	}
	return loss, main
}

// jacobianProduct returns J v with J = ∂z/∂w. GoMLX differentiates backwards only, which gives Jᵀu. But that is
// linear in u, so the derivative of ⟨Jᵀu, v⟩ by u is J v, at any u.
func jacobianProduct(z, w, v []*graph.Node) []*graph.Node {
	u := make([]*graph.Node, len(z))
	for i := range z {
		u[i] = graph.ZerosLike(z[i])
	}
	pulled := graph.Gradient(paramvec.Dot(z, u), w...)
	return graph.Gradient(paramvec.Dot(pulled, paramvec.StopGradient(v)), u...)
}

// withRegularization adds ∇²R·v of the model's regularisation losses R to x where the options ask for it.
func (s *batchGraph) withRegularization(x []*graph.Node, value forward.Value, w, v []*graph.Node) []*graph.Node {
	if !s.options.Regularization || value.Total == value.Main {
		return x
	}
	return paramvec.Add(x, HVP(graph.Sub(value.Total, value.Main), w, v))
}

// averaged is the mean over the batches of a program that takes one vector. The program returns the product, the main
// loss, and the part of the main loss that the product covers. The last two must be equal.
type averaged struct {
	problem *Problem
	program *program
}

func (o averaged) Dim() int { return o.problem.Dim() }

func (o averaged) Apply(ctx context.Context, dst, src []float64) error {
	return o.problem.product(ctx, o.program, dst, src, func(out []*tensors.Tensor) error {
		main, err := scalar(out[1])
		known, e := scalar(out[2])
		if err = errors.Join(err, e); err != nil {
			return err
		}
		if math.IsNaN(main) || math.IsInf(main, 0) {
			return o.problem.notFinite(o.program.name+": the loss", main)
		}
		if !(math.Abs(main-known) <= 1e-5*max(1, math.Abs(main))) {
			return fmt.Errorf("curvature: %s: the model adds %v to the loss beside the loss function "+
				"(train.AddMainLoss): want a loss that is the loss function of the predictions",
				o.program.name, main-known)
		}
		return nil
	})
}
