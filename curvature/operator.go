package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Operator is a symmetric linear map H of ℝⁿ. It is not safe for concurrent use unless it says so.
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

// Dense is the operator of a symmetric matrix held in memory.
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

// Preconditioned is S·H·S with S = diag(s), the Hessian in the coordinates w = S·u. With s = D^-½ it is D^-½ H D^-½, whose
// eigenvalues are those of D⁻¹H: what an optimizer that divides its gradient by D feels. len(s) must be the dimension
// of h; s is kept, not copied.
func Preconditioned(h Operator, s []float64) (Operator, error) {
	if len(s) != h.Dim() {
		return nil, fmt.Errorf("curvature: Preconditioned got %d scales for an operator of dimension %d: want one per parameter",
			len(s), h.Dim())
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

// Form applies h to every unit vector and returns the matrix, made symmetric by averaging it with its transpose, and
// its asymmetry max|Hᵢⱼ − Hⱼᵢ|. It costs Dim products and Dim² numbers: for small problems and tests.
func Form(ctx context.Context, h Operator) (a *mat.SymDense, asymmetry float64, err error) {
	m := &meter{op: h, limit: math.MaxInt}
	return m.form(ctx)
}

// errBudget says inside this package that the limit of products is reached.
var errBudget = errors.New("product limit reached")

// meter counts the products of an operator, keeps to a limit and checks what comes back.
type meter struct {
	op       Operator
	products int
	limit    int
}

// apply writes H·src to dst. Its error is errBudget when the limit is reached, ctx's own when that has ended.
func (m *meter) apply(ctx context.Context, dst, src []float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.products >= m.limit {
		return errBudget
	}
	if err := m.op.Apply(ctx, dst, src); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("curvature: product %d: %w", m.products+1, err)
	}
	m.products++
	if i := firstNotFinite(dst); i >= 0 {
		return fmt.Errorf("curvature: product %d: entry %d of H·v is %v: want finite numbers; check that the loss is finite at these weights",
			m.products, i, dst[i])
	}
	return nil
}

func (m *meter) form(ctx context.Context) (*mat.SymDense, float64, error) {
	n := m.op.Dim()
	full := mat.NewDense(n, n, nil)
	unit := make([]float64, n)
	for i := range n {
		unit[i] = 1
		if err := m.apply(ctx, full.RawRowView(i), unit); err != nil {
			return nil, 0, err
		}
		unit[i] = 0
	}
	sym := mat.NewSymDense(n, nil)
	asymmetry := 0.0
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, (full.At(i, j)+full.At(j, i))/2)
			asymmetry = max(asymmetry, math.Abs(full.At(i, j)-full.At(j, i)))
		}
	}
	return sym, asymmetry, nil
}

func firstNotFinite(x []float64) int {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return i
		}
	}
	return -1
}

// vector gives blas64 the slice as it is.
func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Inc: 1, Data: x} }

func dot(x, y []float64) float64 { return blas64.Dot(vector(x), vector(y)) }

func norm(x []float64) float64 { return blas64.Nrm2(vector(x)) }
