package curvature_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// softmaxHessian is the closed form mean over samples of (diag p − ppᵀ) ⊗ x̃x̃ᵀ with x̃ = (x, 1). Weights [4, 3] are
// laid out row by row, and biases and weights in the order of the problem's parameters.
func softmaxHessian(t *testing.T, p *curvature.Problem, batches []train.Batch) *mat.Dense {
	t.Helper()
	w, err := p.Weights()
	if err != nil {
		t.Fatal(err)
	}
	const inputs, classes = 4, 3
	position := map[string]int{}
	for _, q := range p.Parameters() {
		position[q.Path] = q.Offset
	}
	index := func(input, class int) int {
		if input == inputs {
			return position["/output/biases"] + class
		}
		return position["/output/weights"] + input*classes + class
	}
	h := mat.NewDense(p.Dim(), p.Dim(), nil)
	for _, b := range batches {
		tensors.MustConstFlatData(b.Inputs[0], func(flat []float64) {
			for i := 0; i < len(flat); i += inputs {
				x := append(append([]float64(nil), flat[i:i+inputs]...), 1)
				var prob [classes]float64
				total := 0.0
				for k := range classes {
					for j, xj := range x {
						prob[k] += xj * w[index(j, k)]
					}
					prob[k] = math.Exp(prob[k])
					total += prob[k]
				}
				for k := range classes {
					prob[k] /= total
				}
				for j, xj := range x {
					for l, xl := range x {
						for k := range classes {
							for m := range classes {
								b := -prob[k] * prob[m]
								if k == m {
									b += prob[k]
								}
								r, c := index(j, k), index(l, m)
								h.Set(r, c, h.At(r, c)+xj*xl*b/float64(p.Examples()))
							}
						}
					}
				}
			}
		})
	}
	return h
}

// For softmax regression H is known, equals G, and has one zero eigenvalue for each input from the shift of the logits.
func TestSoftmaxRegressionHasItsClosedForm(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		batches := softmaxRegression.data(dtypes.Float64, 7, 3) // 3 + 3 + 1: the mean must weigh the last batch by 1/7
		p := softmaxRegression.problemIn(t, b, model.NewStore(), batches, evaluation)
		want := softmaxHessian(t, p, batches)
		checkMatrix(t, "exact Hessian", columns(t, newHessian(t, p, curvature.Exact)), want, 1e-13)
		checkMatrix(t, "Gauss–Newton", columns(t, curvature.NewGaussNewton(p)), want, 1e-13)
		// h = 1e-5‖w‖: truncation of order h², rounding of order 1e-16/h.
		checkMatrix(t, "difference Hessian", columns(t, newHessian(t, p, curvature.CentralDifference)), want, 1e-8)
		a, _, err := curvature.Form(context.Background(), newHessian(t, p, curvature.Exact))
		if err != nil {
			t.Fatal(err)
		}
		values, _ := eigen(a)
		for i, value := range values[:5] {
			checkClose(t, fmt.Sprintf("eigenvalue %d", i), value, 0, 1e-14)
		}
	})
}

// For linear regression with a mean over n examples of (y − z)², H = G = (2/n) X̃ᵀX̃ with X̃ = (X, 1).
func TestLinearRegressionHasItsClosedForm(t *testing.T) {
	b := testbackend.Go(t)
	batches := linearRegression.data(dtypes.Float64, 7, 3)
	p := linearRegression.problemIn(t, b, model.NewStore(), batches, evaluation)
	offset := map[string]int{}
	for _, q := range p.Parameters() {
		offset[q.Path] = q.Offset
	}
	want := mat.NewDense(5, 5, nil)
	for _, batch := range batches {
		tensors.MustConstFlatData(batch.Inputs[0], func(flat []float64) {
			for i := 0; i < len(flat); i += 4 {
				x := mat.NewVecDense(5, nil)
				x.SetVec(offset["/output/biases"], 1)
				for j := range 4 {
					x.SetVec(offset["/output/weights"]+j, flat[i+j])
				}
				want.RankOne(want, 2.0/7, x, x)
			}
		})
	}
	checkMatrix(t, "exact Hessian", columns(t, newHessian(t, p, curvature.Exact)), want, 1e-13)
	checkMatrix(t, "Gauss–Newton", columns(t, curvature.NewGaussNewton(p)), want, 1e-13)
}
