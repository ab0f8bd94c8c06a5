package curvature

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Operator is a symmetric linear map H of ℝⁿ. Two goroutines must not use one at the same time, unless its
// documentation allows it.
type Operator interface {
	// Dim is n, the length of the vectors; at least 1.
	Dim() int
	// Apply writes H·src to dst. Both have length Dim and do not overlap; src is left as it is.
	Apply(ctx context.Context, dst, src []float64) error
}

// OperatorFunc makes an operator of dimension n from a function that writes H·src to dst.
func OperatorFunc(n int, apply func(ctx context.Context, dst, src []float64) error) Operator {
	return funcOperator{n: n, apply: apply}
}

type funcOperator struct {
	n     int
	apply func(ctx context.Context, dst, src []float64) error
}

func (o funcOperator) Dim() int { return o.n }

func (o funcOperator) Apply(ctx context.Context, dst, src []float64) error {
	return o.apply(ctx, dst, src)
}

// Dense is the operator of a symmetric matrix in memory, which it copies.
func Dense(a mat.Symmetric) Operator {
	n := a.SymmetricDim()
	sym := mat.NewSymDense(n, nil)
	sym.CopySym(a)
	return OperatorFunc(n, func(_ context.Context, dst, src []float64) error {
		blas64.Symv(1, sym.RawSymmetric(), vector(src), 0, vector(dst))
		return nil
	})
}

// Shift is H + sigma·I: the same eigenvectors, every eigenvalue larger by sigma.
func Shift(h Operator, sigma float64) Operator {
	return OperatorFunc(h.Dim(), func(ctx context.Context, dst, src []float64) error {
		if err := h.Apply(ctx, dst, src); err != nil {
			return err
		}
		floats.AddScaled(dst, sigma, src)
		return nil
	})
}

// Scale is a·H. Scale(h, -1) turns the smallest eigenvalues into the largest.
func Scale(h Operator, a float64) Operator {
	return OperatorFunc(h.Dim(), func(ctx context.Context, dst, src []float64) error {
		if err := h.Apply(ctx, dst, src); err != nil {
			return err
		}
		floats.Scale(a, dst)
		return nil
	})
}

// Preconditioned is S·H·S with S = diag(s), the Hessian in the coordinates w = S·u. With s = D^-½ it is D^-½ H D^-½,
// whose eigenvalues are those of D⁻¹H: what an optimizer that divides its gradient by D feels.
//
// s is kept, not copied. It fails unless s has as many numbers as h has dimensions, all of them finite.
func Preconditioned(h Operator, s []float64) (Operator, error) {
	if len(s) != h.Dim() {
		return nil, fmt.Errorf("curvature: Preconditioned got %d scales for an operator of dimension %d: "+
			"want one for each parameter", len(s), h.Dim())
	}
	if i := firstNotFinite(s); i >= 0 {
		return nil, fmt.Errorf("curvature: Preconditioned got the scale %v at %d: want finite numbers", s[i], i)
	}
	scaled := make([]float64, len(s))
	return OperatorFunc(h.Dim(), func(ctx context.Context, dst, src []float64) error {
		floats.MulTo(scaled, s, src)
		if err := h.Apply(ctx, dst, scaled); err != nil {
			return err
		}
		floats.Mul(dst, s)
		return nil
	}), nil
}

// Form applies h to every unit vector. It returns the matrix, averaged with its transpose, and how far it was from
// symmetric, max|Hᵢⱼ − Hⱼᵢ|. It costs Dim products and Dim² numbers: for small problems and tests.
func Form(ctx context.Context, h Operator) (a *mat.SymDense, asymmetry float64, err error) {
	m := &meter{op: h, limit: math.MaxInt}
	return m.form(ctx)
}
