package program

import (
	"bytes"
	"fmt"

	"github.com/gomlx/compute/dtypes"

	"github.com/xsam-go/xsam/models/onnx"
	"github.com/xsam-go/xsam/models/weights"
)

// Arrays are the weights of the network that the store holds, and the averages of its batch norms, under the names that
// they have in files.
func (p *Program) Arrays() (arrays []weights.Named, err error) {
	variables, err := p.trace()
	if err != nil {
		return nil, err
	}
	for _, of := range variables {
		if !of.shape.DType.IsFloat() {
			continue
		}
		v := p.Store.GetVariable(of.path)
		if v == nil {
			return nil, fmt.Errorf("program: variable %s has no value: load weights first", of.path)
		}
		a := weights.Named{Name: p.NameOf(of.path)}
		a.Dims, a.Wide = of.shape.Dimensions, of.shape.DType == dtypes.Float64
		value, err := v.Value()
		if err == nil {
			err = value.ConstBytes(func(data []byte) { a.Bytes = bytes.Clone(data) })
		}
		if err != nil {
			return nil, fmt.Errorf("program: reading variable %s: %w", of.path, err)
		}
		arrays = append(arrays, a)
	}
	return arrays, nil
}

// ONNX is the file of the network, with the weights that the store holds.
func (p *Program) ONNX() ([]byte, error) {
	if p.files.onnx == nil {
		return nil, fmt.Errorf("program: model %s did not come from an ONNX file: export it to .safetensors or .npz",
			p.recipe.Model)
	}
	arrays, err := p.Arrays()
	if err != nil {
		return nil, err
	}
	values := map[string]onnx.Values{}
	for _, a := range arrays {
		values[a.Name] = a
	}
	return p.files.onnx.Rewrite(p.recipe.Head, values)
}
