package curvature_test

import (
	"fmt"
	"log"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// Each filter of the direction is as long as that of the weights; biases and norms stay where they are.
func TestFilterNormalized(t *testing.T) {
	p, _ := cnn.problem(t, testbackend.Go(t), dtypes.Float32, evaluation)
	w, err := p.Weights()
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.FilterNormalized(w, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range p.Parameters() {
		outputs := q.Dimensions[len(q.Dimensions)-1]
		for f := range outputs {
			length, target := 0.0, 0.0
			for i := f; i < q.Size; i += outputs {
				length += d[q.Offset+i] * d[q.Offset+i]
				target += w[q.Offset+i] * w[q.Offset+i]
			}
			if len(q.Dimensions) == 1 {
				target = 0
			}
			checkClose(t, fmt.Sprintf("%s, filter %d: squared length", q.Path, f), length, target, 1e-12)
		}
	}
	if _, err := p.FilterNormalized(w[1:], 1); err == nil {
		t.Error("weights of another length were taken")
	}
}

// Points on a line through the last one: one direction holds all of the path.
func ExamplePrincipalPlane() {
	tr, err := curvature.PrincipalPlane([][]float64{{5, 4}, {2, 0}}, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("explained %.2f, distance of the first point %.2f\n", tr.Explained, math.Abs(tr.Coordinates[0][0]))
	// Output: explained [1.00], distance of the first point 5.00
}

func TestPrincipalPlaneFindsThePlaneOfThePoints(t *testing.T) {
	const n = 50
	_, q := eigen(symmetric(n, 71))
	var points [][]float64
	for i := range 8 {
		a, b := math.Cos(float64(i)), 0.3*math.Sin(float64(i))
		point := make([]float64, n)
		for j := range point {
			point[j] = 1 + a*q.At(j, 0) + b*q.At(j, 1)
		}
		points = append(points, point)
	}
	tr, err := curvature.PrincipalPlane(points, 2)
	if err != nil {
		t.Fatal(err)
	}
	checkClose(t, "explained", tr.Explained[0]+tr.Explained[1], 1, 1e-12)
	if tr.Explained[0] < tr.Explained[1] {
		t.Errorf("explained %v: want the larger first", tr.Explained)
	}
	if e := gramError(tr.Directions); e > 1e-10 {
		t.Errorf("directions are orthonormal to %g, want 1e-10", e)
	}
	for i, point := range points {
		got := mat.NewVecDense(n, nil)
		for k, d := range tr.Directions {
			got.AddScaledVec(got, tr.Coordinates[i][k], mat.NewVecDense(n, d))
		}
		for j := range point {
			checkClose(t, "point from its coordinates", points[7][j]+got.AtVec(j), point[j], 1e-10)
		}
	}
	if _, err := curvature.PrincipalPlane(points, 3); err == nil {
		t.Error("three dimensions were found in a plane")
	}
	if _, err := curvature.PrincipalPlane(points[:1], 1); err == nil {
		t.Error("one point was taken for a trajectory")
	}
}

func TestDifference(t *testing.T) {
	d, err := curvature.Difference([]float64{1, 2}, []float64{4, 6})
	if err != nil || d[0] != 3 || d[1] != 4 {
		t.Errorf("got %v, %v: want [3 4]", d, err)
	}
	if _, err := curvature.Difference([]float64{1}, []float64{4, 6}); err == nil {
		t.Error("two lengths were taken")
	}
}
