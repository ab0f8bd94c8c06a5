package curvature

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// NewEmpiricalFisher returns the empirical Fisher matrix of p, the mean over the n examples of the outer products of
// their gradients,
//
//	F = (1/n) Σᵢ gᵢgᵢᵀ        gᵢ = ∇ℓᵢ(w)
//
// The labels are those of the data, not drawn from the model. So it is not the Fisher information, and it is not near
// the Hessian away from a good fit. It is positive semi-definite, of rank at most n. Where the Problem includes
// regularisation losses, their Hessian is added.
//
// The loss must be the plain mean over the examples of a function of each one's predictions, whose first axis counts
// the examples. Then gᵢ = Jᵢᵀrᵢ with Jᵢ the Jacobian of the predictions zᵢ and rᵢ = n·∂L/∂zᵢ. For a masked loss n is
// the number of examples that the mask keeps, and the others have gᵢ = 0. For a weighted loss n is the sum of the
// weights, and gᵢ contains the weight of example i. Where a mask or weights are of the parts of examples, as of tokens,
// n is the mean over these parts of that number. Apply fails when the model adds a loss with train.AddMainLoss, or
// when the first axis of a prediction does not count the examples.
//
// Reference: Kunstner, Balles and Hennig (2019), "Limitations of the empirical Fisher
// approximation for natural gradient descent".
func NewEmpiricalFisher(p *Problem) Operator {
	return averaged{p, p.program("empirical Fisher product", fisherProduct)}
}

func fisherProduct(s *batchGraph, flat []*graph.Node) []*graph.Node {
	w, v := s.point(), s.split(flat[0])
	value := s.value()
	var z []*graph.Node // a mask, say, has no part in it
	for _, zk := range value.Predictions {
		if zk.DType().IsFloat() {
			z = append(z, zk)
		}
	}
	n := s.rows()
	for _, zk := range z {
		if zk.Rank() == 0 || zk.Shape().Dimensions[0] != n {
			exceptions.Panicf("curvature: the model predicts %s for a batch of %d examples: want a first axis of %d",
				zk.Shape(), n, n)
		}
	}
	loss, main := s.ofPredictions(value)
	r := graph.Gradient(loss, z...)
	jv, terms := jacobianProduct(z, w, v), s.terms(value)

	// gᵢ·v = Σ n·∂L/∂zᵢ·(J v)ᵢ, a column over the examples.
	var projection *graph.Node
	for k := range z {
		part := graph.Mul(graph.Mul(r[k], jv[k]), graph.ConvertDType(terms, r[k].DType()))
		part = graph.ReduceSum(graph.Reshape(part, n, z[k].Shape().Size()/n), 1)
		if projection == nil {
			projection = part
		} else {
			projection = graph.Add(projection, part)
		}
	}
	// (1/n) Σ gᵢ(gᵢ·v) = Jᵀu with uᵢ = ∂L/∂zᵢ·(gᵢ·v).
	var along *graph.Node
	for k := range z {
		u := graph.StopGradient(graph.Mul(r[k], perExample(projection, z[k].Rank())))
		part := graph.ReduceAllSum(graph.Mul(z[k], u))
		if along == nil {
			along = part
		} else {
			along = graph.Add(along, part)
		}
	}
	fv := graph.Gradient(along, w...)
	return []*graph.Node{s.join(s.withRegularization(fv, value, w, v)), main, loss}
}

// perExample gives a column over the examples the rank of the predictions, with 1 for every further axis.
func perExample(column *graph.Node, rank int) *graph.Node {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = 1
	}
	dims[0] = column.Shape().Size()
	return graph.Reshape(column, dims...)
}
