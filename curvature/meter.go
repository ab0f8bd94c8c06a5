package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// errBudget says inside this package that the limit of products is reached.
var errBudget = errors.New("product limit reached")

// meter counts the products of an operator, keeps to a limit, and checks that what comes back is finite.
type meter struct {
	op       Operator
	products int
	limit    int
}

// apply writes H·src to dst. Its error is errBudget when the limit is reached, and ctx's error when ctx has ended.
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
		return fmt.Errorf("curvature: product %d: entry %d of H·v is %v: want finite numbers; "+
			"check that the loss is finite at these weights", m.products, i, dst[i])
	}
	return nil
}

// form is Form, counted.
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

// firstNotFinite is the index of the first NaN or infinity in x, or -1.
func firstNotFinite(x []float64) int {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return i
		}
	}
	return -1
}
