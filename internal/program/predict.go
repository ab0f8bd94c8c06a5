package program

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/datasets"
)

// Predict passes what the network makes of each example, in order: the probabilities of the classes, or one number in a
// regression. The network is in evaluation mode. The slice is the same every time.
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
	for batch, err := range datasets.NewEvaluation(set, evenBatch(set.Len()), p.dtype).Iter() {
		if err != nil {
			return fmt.Errorf("program: prediction: %w", err)
		}
		out, err := exec.Call(batch.Inputs[0])
		if finalizeErr := batch.Finalize(); err == nil {
			err = finalizeErr
		}
		if err != nil {
			return fmt.Errorf("program: prediction: %w", err)
		}
		n := out[0].Shape().Dim(0)
		values := floats(out[0])
		if err := out[0].FinalizeAll(); err != nil {
			return fmt.Errorf("program: prediction: %w", err)
		}
		for i := range n {
			width := len(values) / n
			if err := use(row, values[i*width:(i+1)*width]); err != nil {
				return err
			}
			row++
		}
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
