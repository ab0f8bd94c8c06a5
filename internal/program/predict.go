package program

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/datasets"
)

// Predict passes what the network makes of each example, in order: the probabilities of the classes, or one number in a
// regression. The network is in evaluation mode.
func (p *Program) Predict(set *datasets.Set, use func(row int, outputs []float64) error) error {
	exec, err := model.NewExec(p.Engine.Backend, p.Store, func(scope *model.Scope, images *graph.Node) *graph.Node {
		scope.Store().SetTraining(images.Graph(), false)
		y := p.net.Graph(scope, nil, []*graph.Node{images})[0]
		if !set.Regression() {
			y = graph.Softmax(y, -1)
		}
		return y
	})
	if err != nil {
		return fmt.Errorf("program: prediction: %w", err)
	}
	defer exec.Finalize()
	row := 0
	err = overBatches(exec, set, p.dtype, false, func(size int, out []*tensors.Tensor) error {
		values := floats(out[0])
		for one := range slices.Chunk(values, len(values)/size) {
			if err := use(row, one); err != nil {
				return err
			}
			row++
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("program: prediction: %w", err)
	}
	return nil
}

// floats copies the numbers of a tensor of float32 or float64.
func floats(t *tensors.Tensor) (values []float64) {
	_ = t.ConstFlatData(func(flat any) { // what was computed can be read
		switch of := flat.(type) {
		case []float32:
			values = make([]float64, len(of))
			for i, x := range of {
				values[i] = float64(x)
			}
		case []float64:
			values = append(values, of...)
		}
	})
	return values
}
