package curvature

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// thickRestart is Lanczos at work: a basis that grows, and is cut down to its best vectors when it is full.
type thickRestart struct {
	meter      *meter
	o          LanczosOptions
	rng        *rand.Rand
	basis      int           // most vectors
	v          *vectorSet    // v.count vectors of the basis with their products taken, and the next one behind them
	projection *mat.SymDense // VᵀHV, of which the leading v.count rows are filled
	restarts   int

	// The Ritz pairs of the last projection, best first.
	ritz     []float64
	vectors  *mat.Dense // coefficients, a column each
	residual []float64
	scale    float64 // ‖H‖: the largest |θ| or ‖Hv‖ seen
}

// run extends and restarts the basis until the wanted pairs have converged.
func (p *thickRestart) run(ctx context.Context) (Reason, error) {
	var verifying []float64 // the wanted eigenvalues when the current verification began
	for {
		beta, err := p.extend(ctx)
		if err != nil {
			return "", err
		}
		p.solve(beta)
		switch {
		case p.v.count == p.v.n:
			return ReasonComplete, nil
		case p.converged() && !p.o.Verify:
			return ReasonResidual, nil
		case p.converged() && verifying != nil && p.complementKnown() && !p.improved(verifying):
			return ReasonResidual, nil
		case p.converged() && (verifying == nil || p.complementKnown()):
			// For the first time, or because a vector that had been missed took its place among the wanted.
			verifying = append(verifying[:0], p.ritz[:p.o.K]...)
			p.restart(p.o.K)
			p.fresh()
		case p.v.count == p.basis:
			p.restart(p.o.K + (p.basis-p.o.K)/2)
		}
	}
}

// extend takes the product of the vector behind the basis, adds that vector to the basis, and leaves the next one
// behind it. It returns the next one's length before normalisation. That is 0 when the basis spans an invariant
// subspace; the next vector is then random.
func (p *thickRestart) extend(ctx context.Context) (beta float64, err error) {
	j := p.v.count
	next := p.v.row(j + 1)
	if err := p.meter.apply(ctx, next, p.v.row(j)); err != nil {
		return 0, err
	}
	length := norm(next)
	p.scale = max(p.scale, length)
	p.v.count++
	coeff := make([]float64, p.v.count)
	beta = p.v.project(next, coeff)
	for i, c := range coeff {
		p.projection.SetSym(i, j, c)
	}
	// What orthogonalisation leaves of a vector inside the span is rounding, some ε‖Hv‖.
	if beta <= 1e-14*p.scale*math.Sqrt(float64(p.v.count)) {
		p.fresh()
		return 0, nil
	}
	floats.Scale(1/beta, next)
	return beta, nil
}

// fresh puts a random unit vector, orthogonal to the basis, behind it, unless the basis spans the whole space.
func (p *thickRestart) fresh() {
	if p.v.count >= p.v.n {
		return
	}
	next := p.v.row(p.v.count)
	for {
		gaussian(p.rng, next)
		floats.Scale(1/norm(next), next)
		// Twice over, with a normalisation between: near a full basis little is left of a random vector.
		if left := p.v.project(next, nil); left > 1e-8 {
			floats.Scale(1/left, next)
			floats.Scale(1/p.v.project(next, nil), next)
			return
		}
	}
}

// solve finds the Ritz pairs of the basis and orders them; beta is the length of the residual vector behind it.
func (p *thickRestart) solve(beta float64) {
	j := p.v.count
	values, vectors := eigenSym(p.projection.SliceSym(0, j).(*mat.SymDense))
	order := ordering(values, p.o.Which)
	p.ritz = make([]float64, j)
	p.residual = make([]float64, j)
	p.vectors = mat.NewDense(j, j, nil)
	for to, from := range order {
		p.ritz[to] = values[from]
		p.residual[to] = beta * math.Abs(vectors.At(j-1, from))
		for i := range j {
			p.vectors.Set(i, to, vectors.At(i, from))
		}
		p.scale = max(p.scale, math.Abs(values[from]))
	}
}

// within tells whether a pair has converged.
func (p *thickRestart) within(value, residual float64) bool {
	return residual <= p.o.allows(value, p.scale)
}

// margin is the part of the tolerance that an estimated residual may take. A verification leaves out the residual with
// which it began, and √(0.7² + 0.7²) < 1.
const margin = 0.7

// converged tells whether all wanted Ritz pairs have converged.
func (p *thickRestart) converged() bool {
	if len(p.ritz) < p.o.K {
		return false
	}
	for i := range p.o.K {
		if !p.within(p.ritz[i], p.residual[i]/margin) {
			return false
		}
	}
	return true
}

// complementKnown tells whether the best Ritz pair beside the wanted ones is an eigenpair, to the square root of the
// tolerance. With a looser one, a lesser eigenvalue could pass before the best one has emerged.
func (p *thickRestart) complementKnown() bool {
	k := p.o.K
	if len(p.ritz) <= k {
		return false
	}
	loose := p.o.Limits
	loose.Tolerance = math.Sqrt(loose.Tolerance)
	return p.residual[k] <= loose.allows(p.ritz[k], p.scale)
}

// improved tells whether a wanted eigenvalue is better than it was before, by more than both are known.
func (p *thickRestart) improved(before []float64) bool {
	for i, value := range before {
		gain := key(p.ritz[i], p.o.Which) - key(value, p.o.Which)
		if gain > p.o.allows(p.ritz[i], p.scale) {
			return true
		}
	}
	return false
}

// restart makes the best keep Ritz vectors, or as many as there are, the new basis. The vector behind the old basis
// is then behind the new one.
func (p *thickRestart) restart(keep int) {
	p.restarts++
	j := p.v.count
	keep = min(keep, j, p.basis-2)
	p.v.rotate(p.vectors.Slice(0, j, 0, keep).(*mat.Dense))
	for i := range keep {
		for k := i; k < keep; k++ {
			p.projection.SetSym(i, k, 0)
		}
		p.projection.SetSym(i, i, p.ritz[i])
	}
	p.v.count = keep
	p.v.swap(keep, j)
	p.ritz, p.residual = p.ritz[:keep], p.residual[:keep]
	p.vectors = mat.NewDense(keep, keep, nil)
	for i := range keep {
		p.vectors.Set(i, i, 1)
	}
}

// result gives the wanted pairs as they are known, and ends the search: their vectors take the place of the basis.
func (p *thickRestart) result(reason Reason) Result {
	r := Result{Iterations: p.restarts, Products: p.meter.products, Reason: reason}
	k := min(p.o.K, len(p.ritz))
	if k == 0 {
		return r
	}
	p.v.rotate(p.vectors.Slice(0, p.v.count, 0, k).(*mat.Dense))
	for i := range k {
		vec := p.v.row(i)
		floats.Scale(1/norm(vec), vec)
		r.Pairs = append(r.Pairs, Eigenpair{
			Value: p.ritz[i], Vector: vec, Residual: p.residual[i], Converged: p.within(p.ritz[i], p.residual[i]),
		})
	}
	return r
}

// measured is result with every residual measured by a product of its own.
func (p *thickRestart) measured(ctx context.Context, reason Reason) (Result, error) {
	r := p.result(reason)
	hv := p.v.row(p.basis) // behind all of the basis, and so behind the pairs
	r.Converged = len(r.Pairs) == p.o.K
	for i := range r.Pairs {
		pair := &r.Pairs[i]
		if err := p.meter.apply(ctx, hv, pair.Vector); err != nil {
			if reason, err := stopped(err); reason != ReasonProducts {
				r.Reason, r.Converged = reason, false
				return r, err
			}
			r.Converged = r.Converged && pair.Converged
			continue // the limit is smaller than K: estimates have to do
		}
		r.Products = p.meter.products
		estimated := pair.Converged
		pair.Value = dot(pair.Vector, hv)
		pair.Residual = residual(hv, pair.Vector, pair.Value)
		pair.Converged = p.within(pair.Value, pair.Residual)
		if estimated && !pair.Converged && reason != ReasonProducts {
			r.Reason = ReasonNoise
		}
		r.Converged = r.Converged && pair.Converged
	}
	if reason == ReasonProducts {
		if r.Converged = r.Converged && !p.o.Verify; r.Converged {
			r.Reason = ReasonResidual
		}
	}
	return r, nil
}
