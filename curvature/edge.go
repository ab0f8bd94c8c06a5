package curvature

import "math"

// GradientDescentEdge is 2/η, the edge of stability of gradient descent with step eta > 0: on a quadratic it diverges
// along exactly those eigenvectors whose eigenvalue is larger. Training with large batches tends to sit near it.
//
// Reference: Cohen et al. (2021), "Gradient descent on neural networks typically occurs at the edge of stability".
func GradientDescentEdge(eta float64) float64 { return 2 / eta }

// MomentumEdge is (2 + 2β)/η, the edge of gradient descent with step eta > 0 and heavy-ball momentum 0 ≤ beta < 1:
// m ← β·m + g, w ← w − η·m.
func MomentumEdge(eta, beta float64) float64 { return (2 + 2*beta) / eta }

// NesterovEdge is (2 + 2β)/((1 + 2β)η), the edge of Nesterov's form of momentum 0 ≤ beta < 1 with step eta > 0:
// m ← β·m + g, w ← w − η·(g + β·m).
func NesterovEdge(eta, beta float64) float64 { return MomentumEdge(eta, beta) / (1 + 2*beta) }

// AdamEdge is (2 + 2β₁)/((1 − β₁)η), the edge of Adam with step eta > 0 and 0 ≤ beta1 < 1, for the eigenvalues of the
// Adam-preconditioned Hessian (see Problem.AdamScales): 38/η at β₁ = 0.9.
//
// Reference: Cohen et al. (2022), "Adaptive gradient methods at the edge of stability".
func AdamEdge(eta, beta1 float64) float64 { return (2 + 2*beta1) / ((1 - beta1) * eta) }

// SAMEdge is the edge of stability of SAM with step eta > 0 and radius rho ≥ 0, where the gradient has the norm n ≥ 0:
//
//	(n/2ρ)·(√(1 + 8ρ/(ηn)) − 1)
//
// It is at most 2/η, is equal to it for rho = 0, and goes to 0 with n: the closer SAM is to a minimum, the lower the
// curvature at which it works.
//
// Reference: Long and Bartlett (2024), "Sharpness-aware minimization and the edge of stability".
func SAMEdge(eta, rho, n float64) float64 {
	if rho == 0 {
		return GradientDescentEdge(eta)
	}
	if n == 0 {
		return 0
	}
	// √(1 + x) − 1 = x/(√(1 + x) + 1), which does not lose digits for a small x.
	x := 8 * rho / (eta * n)
	return n / (2 * rho) * x / (math.Sqrt(1+x) + 1)
}
