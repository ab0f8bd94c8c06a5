package curvature_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
)

func diagonal(values ...float64) curvature.Operator {
	return curvature.Dense(mat.NewDiagDense(len(values), values))
}

// The Hessian of ½(4x² + y²) is diag(4, 1), so its dominant eigenvalue is 4.
func ExamplePowerIteration() {
	h := curvature.OperatorFunc(2, func(_ context.Context, dst, src []float64) error {
		dst[0], dst[1] = 4*src[0], src[1]
		return nil
	})
	r, err := curvature.PowerIteration(context.Background(), h, curvature.DefaultPowerOptions())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("lambda_max = %.3f, %s\n", r.Value(), r.Reason)
	// Output: lambda_max = 4.000, residual within tolerance
}

func TestPowerIteration(t *testing.T) {
	tests := []struct {
		name   string
		h      curvature.Operator
		shift  bool
		start  []float64
		want   float64
		reason curvature.Reason
	}{
		{"diag(3, −5, 1): the dominant eigenvalue is −5", diagonal(3, -5, 1), false, nil, -5, curvature.ReasonResidual},
		{"diag(3, −5, 1): the largest signed one is 3", diagonal(3, -5, 1), true, nil, 3, curvature.ReasonResidual},
		{"diag(5, −5, 1): the shift separates ±5", diagonal(5, -5, 1), true, nil, 5, curvature.ReasonResidual},
		{"a negative definite operator", diagonal(-1, -2, -3), true, nil, -1, curvature.ReasonResidual},
		{"a negative multiple of the identity", diagonal(-2, -2), true, nil, -2, curvature.ReasonResidual},
		{"negative semi-definite: the largest is 0", diagonal(0, -2, -3), true, nil, 0, curvature.ReasonResidual},
		{"1×1", diagonal(7), true, nil, 7, curvature.ReasonResidual},
		{"1×1 negative", diagonal(-7), true, nil, -7, curvature.ReasonResidual},
		{"zero", diagonal(0, 0), true, nil, 0, curvature.ReasonZero},
		{"a start in the null space", diagonal(0, 2), true, []float64{1, 0}, 2, curvature.ReasonResidual},
		{"a doubled eigenvalue", diagonal(4, 4, 1), true, nil, 4, curvature.ReasonResidual},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := curvature.DefaultPowerOptions()
			// The error of the Rayleigh quotient is below residual²/gap, 1e-11 here.
			o.Tolerance, o.Floor, o.Shift, o.Start = 1e-6, 1e-6, tt.shift, tt.start
			r, err := curvature.PowerIteration(context.Background(), tt.h, o)
			if err != nil {
				t.Fatal(err)
			}
			checkClose(t, "value", r.Value(), tt.want, 1e-10)
			if !r.Converged || r.Reason != tt.reason {
				t.Errorf("converged %v, %q: want true, %q", r.Converged, r.Reason, tt.reason)
			}
		})
	}
}

func TestPowerIterationWithoutShiftNamesOppositeEigenvalues(t *testing.T) {
	o := curvature.DefaultPowerOptions()
	o.Shift = false
	r, err := curvature.PowerIteration(context.Background(), diagonal(5, -5, 1), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Converged || r.Reason != curvature.ReasonOpposite {
		t.Errorf("converged %v, %q: want false, %q", r.Converged, r.Reason, curvature.ReasonOpposite)
	}
}

func TestPowerIterationCountsItsProducts(t *testing.T) {
	products := 0
	a := symmetric(20, 3)
	dense := curvature.Dense(a)
	h := curvature.OperatorFunc(20, func(ctx context.Context, dst, src []float64) error {
		products++
		return dense.Apply(ctx, dst, src)
	})
	o := curvature.DefaultPowerOptions()
	o.MaxProducts = 17
	o.Tolerance = 0
	r, err := curvature.PowerIteration(context.Background(), h, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Products != 17 || products != 17 || r.Converged || r.Reason != curvature.ReasonProducts {
		t.Errorf("got %d products (%d taken), converged %v, %q: want 17, 17, false, %q",
			r.Products, products, r.Converged, r.Reason, curvature.ReasonProducts)
	}
}

func TestSolversKeepWhatTheyHaveWhenCancelled(t *testing.T) {
	dense := curvature.Dense(wishart(60, 80, 5))
	solvers := map[string]func(context.Context, curvature.Operator) (curvature.Result, error){
		"power": func(ctx context.Context, h curvature.Operator) (curvature.Result, error) {
			o := curvature.DefaultPowerOptions()
			o.Tolerance = 1e-12
			return curvature.PowerIteration(ctx, h, o)
		},
		"lanczos": func(ctx context.Context, h curvature.Operator) (curvature.Result, error) {
			o := curvature.DefaultLanczosOptions(2)
			o.Tolerance, o.Floor, o.Basis = 1e-12, 0, 8
			return curvature.Lanczos(ctx, h, o)
		},
	}
	for name, solve := range solvers {
		for _, after := range []int{1, 5, 8, 9, 10} { // 8 fills the basis of Lanczos, so 9 comes after a restart
			t.Run(fmt.Sprintf("%s after %d", name, after), func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				products := 0
				h := curvature.OperatorFunc(60, func(ctx context.Context, dst, src []float64) error {
					if products++; products == after {
						cancel()
					}
					return dense.Apply(ctx, dst, src)
				})
				r, err := solve(ctx, h)
				if !errors.Is(err, context.Canceled) || r.Reason != curvature.ReasonCancelled {
					t.Fatalf("error %v, reason %q: want context.Canceled, %q", err, r.Reason, curvature.ReasonCancelled)
				}
				if r.Products != after || len(r.Pairs) == 0 || r.Converged {
					t.Fatalf("products %d, %d pairs, converged %v: want %d, at least 1, false", r.Products, len(r.Pairs),
						r.Converged, after)
				}
				for _, p := range r.Pairs { // what is reported is true of the vector reported
					hv := make([]float64, 60)
					if err := dense.Apply(context.Background(), hv, p.Vector); err != nil {
						t.Fatal(err)
					}
					v := mat.NewVecDense(60, p.Vector)
					checkClose(t, "vᵀHv", mat.Dot(v, mat.NewVecDense(60, hv)), p.Value, 1e-12*20)
					var d mat.VecDense
					d.AddScaledVec(mat.NewVecDense(60, hv), -p.Value, v)
					checkClose(t, "residual", d.Norm(2), p.Residual, 1e-12*20)
				}
			})
		}
	}
}

func TestSolversReportBadOperators(t *testing.T) {
	nan := curvature.OperatorFunc(3, func(_ context.Context, dst, _ []float64) error {
		dst[0], dst[1], dst[2] = 1, math.NaN(), 0
		return nil
	})
	broken := curvature.OperatorFunc(3, func(context.Context, []float64,
		[]float64) error {
		return errors.New("out of memory")
	})
	for _, tt := range []struct {
		name string
		h    curvature.Operator
		want string
	}{
		{"NaN", nan, "product 1: entry 1 of H·v is NaN"},
		{"error", broken, "product 1: out of memory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := curvature.PowerIteration(context.Background(), tt.h, curvature.DefaultPowerOptions())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("PowerIteration: error %v, want one with %q", err, tt.want)
			}
			_, err = curvature.LambdaMax(context.Background(), tt.h, curvature.LambdaMaxOptions())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("LambdaMax: error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	h := diagonal(1, 2)
	power := curvature.DefaultPowerOptions()
	power.Tolerance, power.MaxProducts = math.NaN(), 0
	_, err := curvature.PowerIteration(context.Background(), h, power)
	for _, want := range []string{"Tolerance = NaN", "MaxProducts = 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	lanczos := curvature.DefaultLanczosOptions(3)
	lanczos.Basis, lanczos.Floor = 4, -1
	_, err = curvature.Lanczos(context.Background(), h, lanczos)
	for _, want := range []string{"K = 3 for an operator of dimension 2", "Basis = 4", "Floor = -1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	power = curvature.DefaultPowerOptions()
	power.Start = []float64{0, 0}
	if _, err := curvature.PowerIteration(context.Background(), h, power); err == nil || !strings.Contains(err.Error(),
		"norm 0") {
		t.Errorf("error %v, want one with %q", err, "norm 0")
	}
	power.Start = []float64{1}
	if _, err := curvature.PowerIteration(context.Background(), h, power); err == nil || !strings.Contains(err.Error(),
		"length 1") {
		t.Errorf("error %v, want one with %q", err, "length 1")
	}
}
