package experiment

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/models"
)

// draw gives the store the weights and the first v of a seed. Variables that are there are set, others created.
func (p *program) draw(seed int64) error {
	net, err := models.New(p.model(seed))
	if err != nil {
		return err
	}
	scratch := model.NewStore()
	defer scratch.Finalize()
	set := p.data.Train
	g := graph.NewGraph(p.engine.Backend, "initial weights") // traced, not compiled
	defer g.Finalize()
	err = exceptions.TryCatch[error](func() {
		scratch.SetTraining(g, true)
		images := graph.Parameter(g, "images", shapes.Make(p.dtype, p.recipe.Batch, set.Height, set.Width, set.Channels))
		net.Graph(scratch.RootScope(), nil, []*graph.Node{images})
	})
	if err != nil {
		return fmt.Errorf("experiment: initial weights: %w", err)
	}
	var trainable []*model.Variable
	for v := range scratch.IterVariables() {
		if v.Trainable && v.DType().IsFloat() {
			trainable = append(trainable, v)
		}
		value, err := v.Value()
		if err == nil {
			err = p.put(v.Path(), value, v.Trainable)
		}
		if err != nil {
			return err
		}
	}
	if p.recipe.Refresh.Every == 0 {
		return nil
	}
	for i, part := range xsam.DrawEigenvector(trainable, derive(seed, "eigenvector")) {
		err := p.put(xsam.EigenvectorPath(trainable[i]), part, false)
		if err = errors.Join(err, part.FinalizeAll()); err != nil {
			return err
		}
	}
	return nil
}

// put sets the variable at path to a copy of value, creating it where there is none.
func (p *program) put(path string, value *tensors.Tensor, trainable bool) error {
	if v := p.store.GetVariable(path); v != nil {
		return setClone(v, value)
	}
	clone, err := value.LocalClone()
	if err != nil {
		return fmt.Errorf("experiment: creating variable %s: %w", path, err)
	}
	v, err := p.store.CreateVariable(path, clone)
	if err != nil {
		return fmt.Errorf("experiment: creating variable %s: %w", path, err)
	}
	v.SetTrainable(trainable)
	return nil
}
