package curvature

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

// outbound is the vector that is sent to the device, one tensor for all products. A new one each time would be garbage,
// and Go's collector lets garbage grow to the size of what is in use, here the basis of a solver.
type outbound struct {
	backend compute.Backend
	shape   shapes.Shape
	tensor  *tensors.Tensor // made when it is first needed
}

// load copies a vector for the device; nil is zero. The tensor holds it until the next call.
func (o *outbound) load(v []float64) (*tensors.Tensor, error) {
	if o.tensor == nil {
		t, err := tensors.FromShapeForBackend(o.backend, 0, o.shape)
		if err != nil {
			return nil, fmt.Errorf("curvature: memory for a vector: %w", err)
		}
		o.tensor = t
	}
	if o.shape.DType == dtypes.Float64 {
		return o.tensor, tensors.MutableFlatData(o.tensor, func(flat []float64) {
			clear(flat)
			copy(flat, v)
		})
	}
	return o.tensor, tensors.MutableFlatData(o.tensor, func(flat []float32) {
		clear(flat)
		for i := range v {
			flat[i] = float32(v[i])
		}
	})
}

func (o *outbound) finalize() {
	if o.tensor != nil {
		o.tensor.MustFinalizeAll()
		o.tensor = nil
	}
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
