package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Limits say when an eigensolver may stop. A pair (λ, v) has converged when
//
//	‖Hv − λv‖ ≤ max(Tolerance·|λ|, Floor·‖H‖)        ‖H‖ the largest |λ| or ‖Hv‖ seen so far
type Limits struct {
	// Tolerance is the relative residual asked for, 0 ≤ Tolerance < 1.
	Tolerance float64
	// Floor is for eigenvalues near 0, which have no relative residual; 0 ≤ Floor < 1. Keep it above the rounding of
	// the products, which is about 1e-6 in float32.
	Floor float64
	// MaxProducts ends the search when that many products H·v have been taken; at least 1.
	MaxProducts int
}

// errors lists what is out of range; who is the type of options that holds the limits.
func (l Limits) errors(who string) []error {
	var errs []error
	if !(l.Tolerance >= 0 && l.Tolerance < 1) {
		errs = append(errs, fmt.Errorf("curvature: %s.Tolerance = %v: want 0 ≤ Tolerance < 1", who, l.Tolerance))
	}
	if !(l.Floor >= 0 && l.Floor < 1) {
		errs = append(errs, fmt.Errorf("curvature: %s.Floor = %v: want 0 ≤ Floor < 1", who, l.Floor))
	}
	if l.MaxProducts < 1 {
		errs = append(errs, fmt.Errorf("curvature: %s.MaxProducts = %d: want at least 1", who, l.MaxProducts))
	}
	return errs
}

// allows is the residual with which a pair has converged, where ‖H‖ is about scale.
func (l Limits) allows(lambda, scale float64) float64 {
	return max(l.Tolerance*math.Abs(lambda), l.Floor*scale)
}

// Reason says why a solver or an estimator stopped.
type Reason string

// Why a solver stopped. An estimator that has taken all its samples gives no reason.
const (
	ReasonResidual  Reason = "residual within tolerance"
	ReasonDense     Reason = "solved as a dense matrix"
	ReasonComplete  Reason = "the whole space is spanned"
	ReasonZero      Reason = "H·v = 0"
	ReasonProducts  Reason = "product limit reached"
	ReasonCancelled Reason = "cancelled"
	ReasonNoise     Reason = "the measured residual is larger than its estimate: " +
		"the products are noisy or not symmetric"
	ReasonOpposite Reason = "two eigenvalues of equal magnitude and opposite sign dominate"
)

// stopped tells why a solver stopped early, and returns the error for its caller: nil at the product limit.
func stopped(err error) (Reason, error) {
	switch {
	case errors.Is(err, errBudget):
		return ReasonProducts, nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return ReasonCancelled, err
	default:
		return "", err
	}
}
