package curvature

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// tensor copies a vector for the device; nil is zero.
func (p *Problem) tensor(v []float64) *tensors.Tensor {
	if p.dtype == dtypes.Float64 {
		data := make([]float64, p.Dim())
		copy(data, v)
		return tensors.FromFlatDataAndDimensions(data, p.Dim())
	}
	data := make([]float32, p.Dim())
	for i := range v {
		data[i] = float32(v[i])
	}
	return tensors.FromFlatDataAndDimensions(data, p.Dim())
}

// addTo adds weight·t to dst.
func addTo(dst []float64, weight float64, t *tensors.Tensor) error {
	if t.DType() == dtypes.Float64 {
		return tensors.ConstFlatData(t, func(flat []float64) {
			for i, x := range flat {
				dst[i] += weight * x
			}
		})
	}
	return tensors.ConstFlatData(t, func(flat []float32) {
		for i, x := range flat {
			dst[i] += weight * float64(x)
		}
	})
}

// scalar is the number in t.
func scalar(t *tensors.Tensor) (float64, error) {
	var x [1]float64
	err := addTo(x[:], 1, t)
	return x[0], err
}
