package curvature

import "math"

// Eigenpair is an eigenvalue with its unit vector, whose sign is arbitrary.
type Eigenpair struct {
	Value     float64   // vᵀHv, signed
	Vector    []float64 // length Dim
	Residual  float64   // ‖Hv − λv‖: an eigenvalue lies within this distance of Value
	Converged bool      // Residual is within the tolerance asked for
}

// RelativeResidual is ‖Hv − λv‖/|λ|; NaN when λ = 0.
func (p Eigenpair) RelativeResidual() float64 {
	if p.Value == 0 {
		return math.NaN()
	}
	return p.Residual / math.Abs(p.Value)
}

// Result is what an eigensolver found, and how. When the solver returns an error too, that of a cancelled context for
// instance, it holds what had been found by then.
type Result struct {
	Pairs      []Eigenpair // in the order asked for; fewer only when stopped before there were as many
	Iterations int         // power steps, or restarts of Lanczos
	Products   int         // H·v taken, those that measured residuals included
	Converged  bool        // every pair asked for has converged
	Reason     Reason
	Warning    string // what to print beside the numbers: that Top took central differences, and why; "" otherwise
}

// Value is the first pair's eigenvalue; NaN when there is none.
func (r Result) Value() float64 {
	if len(r.Pairs) == 0 {
		return math.NaN()
	}
	return r.Pairs[0].Value
}

// Vector is the first pair's vector; nil when there is none.
func (r Result) Vector() []float64 {
	if len(r.Pairs) == 0 {
		return nil
	}
	return r.Pairs[0].Vector
}

// RelativeResidual is the first pair's ‖Hv − λv‖/|λ|; NaN when there is none or λ = 0.
func (r Result) RelativeResidual() float64 {
	if len(r.Pairs) == 0 {
		return math.NaN()
	}
	return r.Pairs[0].RelativeResidual()
}

// Values are the eigenvalues in order.
func (r Result) Values() []float64 {
	values := make([]float64, len(r.Pairs))
	for i, p := range r.Pairs {
		values[i] = p.Value
	}
	return values
}

// Ratio is λ₁/λₖ for the k-th pair, 1 ≤ k: how far the first eigenvalue stands out. NaN when there are fewer than k
// pairs, or λₖ = 0.
func (r Result) Ratio(k int) float64 {
	if k < 1 || k > len(r.Pairs) || r.Pairs[k-1].Value == 0 {
		return math.NaN()
	}
	return r.Pairs[0].Value / r.Pairs[k-1].Value
}
