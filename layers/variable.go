package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Variable returns the variable of that name in the scope. If there is none, in the store or in a checkpoint that the
// store loads from, it is created with values computed on the host, hence the same on every backend: fill gets the
// values in row-major order, all zero at first. The type must be float32, to which values are rounded, or float64.
// The variable's shape must be the one wanted, or Variable panics.
func Variable(scope *model.Scope, name string, shape shapes.Shape, fill func(values []float64)) *model.Variable {
	if v := scope.GetVariable(name); v != nil {
		if !v.Shape().Equal(shape) {
			exceptions.Panicf("layers: variable %q has shape %s: want %s; is the checkpoint that of another model?",
				v.Path(), v.Shape(), shape)
		}
		return v
	}
	values := make([]float64, shape.Size())
	fill(values)
	return scope.VariableWithValue(name, tensorOf(values, shape))
}

// tensorOf rounds the values to the shape's type.
func tensorOf(values []float64, shape shapes.Shape) *tensors.Tensor {
	switch shape.DType {
	case dtypes.Float64:
		return tensors.FromFlatDataAndDimensions(values, shape.Dimensions...)
	case dtypes.Float32:
		rounded := make([]float32, len(values))
		for i, v := range values {
			rounded[i] = float32(v)
		}
		return tensors.FromFlatDataAndDimensions(rounded, shape.Dimensions...)
	}
	exceptions.Panicf("layers: cannot make a variable of type %s: want float32 or float64", shape.DType)
	return nil
}

// Constant returns a filler for [Variable] that sets all values to c.
func Constant(c float64) func(values []float64) {
	return func(values []float64) {
		for i := range values {
			values[i] = c
		}
	}
}
