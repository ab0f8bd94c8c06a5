package program

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/recipe"
)

// keepCreated compiles a step before the trainer runs it, and keeps the values of the variables that this brings into
// being. It is a train.OnExecFn.
func (p *Program) keepCreated(exec *model.Exec, kind train.GraphType) {
	if kind != train.TrainType || p.broken != nil || p.spread {
		return
	}
	if _, err := exec.Compile(p.batchShapes()...); err != nil {
		p.broken = err // the trainer reports it when it runs the step
		return
	}
	if p.broken = p.Store.InitializeVariables(p.Engine.Backend, nil); p.broken != nil {
		return
	}
	for v := range p.Store.IterVariables() {
		if p.created[v.Path()] != nil {
			continue
		}
		value, err := v.Value()
		if err == nil {
			value, err = value.LocalClone()
		}
		if err != nil {
			p.broken = err
			return
		}
		p.created[v.Path()] = value
	}
}

// batchShapes are those of what the trainer takes at a time: inputs, then labels.
func (p *Program) batchShapes() []shapes.Shape {
	if p.own != nil {
		return p.own.shapes
	}
	set, batch := p.Data.Train, p.recipe.Batch/p.recipe.MicroBatches()
	return []shapes.Shape{shapes.Make(p.dtype, batch, set.Height, set.Width, set.Channels),
		shapes.Make(set.LabelDType(p.dtype), batch, 1)}
}

// Begin puts the store into the state in which a run of a seed starts: every variable as it was created, with weights
// and v of that seed.
func (p *Program) Begin(seed int64) error {
	for v := range p.Store.IterVariables() {
		value, ok := p.created[v.Path()]
		if !ok && p.own != nil && IsMetric(v.Path()) {
			continue // each evaluation begins anew
		}
		if !ok {
			return fmt.Errorf("program: variable %s has no initial value", v.Path())
		}
		if err := p.put(v.Path(), value, v.Trainable); err != nil {
			return err
		}
	}
	p.Store.SetLoader(nil)
	return p.draw(seed)
}

// Reusable tells whether another run may begin with the program. restored says that its first run went on from a
// checkpoint, so that its variables were not seen as they are created.
func (p *Program) Reusable(restored bool) bool { return p.broken == nil && !restored && !p.spread }

// draw gives the store the weights and the first v of a seed. Variables that are there are set, others created.
func (p *Program) draw(seed int64) error {
	scratch := model.NewStore()
	defer scratch.Finalize()
	if err := p.drawWeights(scratch, seed); err != nil {
		return fmt.Errorf("program: initial weights: %w", err)
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
	for i, part := range xsam.DrawEigenvector(trainable, recipe.DeriveSeed(seed, "eigenvector")) {
		err := p.put(xsam.EigenvectorPath(trainable[i]), part, false)
		if err = errors.Join(err, part.FinalizeAll()); err != nil {
			return err
		}
	}
	return nil
}

// drawWeights creates the variables of the model in an empty store, with weights of a seed.
func (p *Program) drawWeights(scratch *model.Store, seed int64) error {
	if p.own != nil {
		return p.own.drawWeights(p.Engine.Backend, scratch, seed)
	}
	net, err := p.network(seed, p.compute)
	if err != nil {
		return err
	}
	set := p.Data.Train
	g := graph.NewGraph(p.Engine.Backend, "initial weights") // traced, not compiled
	defer g.Finalize()
	return exceptions.TryCatch[error](func() {
		scratch.SetTraining(g, true)
		images := graph.Parameter(g, "images", shapes.Make(p.dtype, p.recipe.Batch, set.Height, set.Width, set.Channels))
		net.Graph(scratch.RootScope(), nil, []*graph.Node{images})
	})
}

// put sets the variable at path to a copy of value, creating it where there is none.
func (p *Program) put(path string, value *tensors.Tensor, trainable bool) error {
	clone, err := value.LocalClone()
	v := p.Store.GetVariable(path)
	switch {
	case err != nil:
	case v != nil:
		err = v.SetValue(clone)
	default:
		if v, err = p.Store.CreateVariable(path, clone); err == nil {
			v.SetTrainable(trainable)
		}
	}
	if err != nil {
		return fmt.Errorf("program: setting variable %s: %w", path, err)
	}
	return nil
}
