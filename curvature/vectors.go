package curvature

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// vectorSet is a set of vectors of length n with room for more. They are orthonormal unless said otherwise. Each is a
// slice of its own, made when it is first needed: one that is handed out keeps none of the others in memory.
type vectorSet struct {
	n, count int
	data     [][]float64
	scratch  []float64
}

func newVectorSet(capacity, n int) *vectorSet {
	return &vectorSet{n: n, data: make([][]float64, capacity), scratch: make([]float64, capacity)}
}

// row is the i-th vector, within the set or just behind it.
func (r *vectorSet) row(i int) []float64 {
	if r.data[i] == nil {
		r.data[i] = make([]float64, r.n)
	}
	return r.data[i]
}

// swap exchanges two vectors.
func (r *vectorSet) swap(i, j int) { r.data[i], r.data[j] = r.data[j], r.data[i] }

// project takes from x its components along the vectors of the set, twice, so that rounding leaves none. It adds the
// coefficients to coeff, which may be nil, and returns what is left of ‖x‖.
func (r *vectorSet) project(x, coeff []float64) float64 {
	c := r.scratch[:r.count]
	for range 2 {
		for i := range c {
			c[i] = dot(r.row(i), x)
		}
		for i, ci := range c {
			floats.AddScaled(x, -ci, r.row(i))
		}
		if coeff != nil {
			floats.Add(coeff[:r.count], c)
		}
	}
	return norm(x)
}

// append adds the part of x that is new to the set, if there is any. It overwrites x.
func (r *vectorSet) append(x []float64) {
	before := norm(x)
	left := r.project(x, nil)
	if !(left > 1e-12*before) {
		return
	}
	floats.Scale(1/left, x)
	floats.Scale(1/r.project(x, nil), x)
	copy(r.row(r.count), x)
	r.count++
}

// rotate overwrites the first vectors by combinations of all of them, one for each column of coefficients, of which
// there are at most count. It works on a block of entries at a time.
func (r *vectorSet) rotate(coefficients *mat.Dense) {
	const block = 1024
	_, keep := coefficients.Dims()
	width := min(block, r.n)
	in := blas64.General{Rows: r.count, Stride: width, Data: make([]float64, r.count*width)}
	out := blas64.General{Rows: keep, Stride: width, Data: make([]float64, keep*width)}
	for lo := 0; lo < r.n; lo += width {
		hi := min(lo+width, r.n)
		in.Cols, out.Cols = hi-lo, hi-lo
		for i := range r.count {
			copy(in.Data[i*width:], r.row(i)[lo:hi])
		}
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, coefficients.RawMatrix(), in, 0, out)
		for i := range keep {
			copy(r.row(i)[lo:hi], out.Data[i*width:])
		}
	}
}

// vector gives blas64 the slice as it is.
func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Inc: 1, Data: x} }

func dot(x, y []float64) float64 { return blas64.Dot(vector(x), vector(y)) }

func norm(x []float64) float64 { return blas64.Nrm2(vector(x)) }
