package curvature

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/internal/forward"
)

// program is a graph on (vectors…, batch), compiled once for each shape of a batch and each Batch.Spec. There may be as
// many of these as batches.
type program struct {
	problem *Problem
	name    string
	build   func(s *batchGraph, vectors []*graph.Node) []*graph.Node
	execs   map[any]*model.Exec // by Batch.Spec
}

func (p *Problem) program(name string, build func(s *batchGraph, vectors []*graph.Node) []*graph.Node) *program {
	pr := &program{problem: p, name: name, build: build, execs: map[any]*model.Exec{}}
	p.programs = append(p.programs, pr)
	return pr
}

// executable is what runs the program, for the Spec of a batch.
func (pr *program) executable(batch train.Batch, vectors int) (*model.Exec, error) {
	spec := batch.Spec
	if mark, ok := spec.(forward.Mark); ok {
		spec = mark.UserSpec()
	}
	if exec := pr.execs[spec]; exec != nil {
		return exec, nil
	}
	exec, err := pr.compile(spec, vectors, len(batch.Inputs))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pr.name, err)
	}
	pr.execs[spec] = exec
	return exec, nil
}

// run executes the program on a batch. The results are the caller's to finalize; a scalar or a vector each.
func (pr *program) run(batch train.Batch, vectors []*tensors.Tensor) ([]*tensors.Tensor, error) {
	exec, err := pr.executable(batch, len(vectors))
	if err != nil {
		return nil, err
	}
	args := make([]any, 0, len(vectors)+len(batch.Inputs)+len(batch.Labels))
	for _, list := range [][]*tensors.Tensor{vectors, batch.Inputs, batch.Labels} {
		for _, t := range list {
			args = append(args, t)
		}
	}
	out, err := exec.Call(args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pr.name, err)
	}
	return out, nil
}

func (pr *program) compile(spec any, vectors, inputs int) (*model.Exec, error) {
	p := pr.problem
	exec, err := model.NewExec(p.backend, p.store, func(scope *model.Scope, args []*graph.Node) []*graph.Node {
		g := args[0].Graph()
		p.mode.set(p.store, g)
		s := &batchGraph{Problem: p, scope: scope, g: g, batch: forward.Batch{
			Spec: spec, Inputs: args[vectors : vectors+inputs], Labels: args[vectors+inputs:],
		}}
		out := pr.build(s, args[:vectors])
		if p.variables != nil && !slices.Equal(s.trainables(), p.variables) {
			panic(fmt.Errorf("curvature: the model has other parameters for batches of Spec %v than for the first batch: want "+
				"batches of one kind, in a Problem for each kind", spec))
		}
		for i, node := range out {
			out[i] = graph.ConvertDType(node, p.dtype)
		}
		forward.SetPoint(p.variables, forward.Origin(g, p.variables)) // the weights are not outputs
		return out
	})
	if err != nil {
		return nil, err
	}
	return exec.WithName(pr.name).SetMaxCache(-1), nil // no limit; GoMLX's own is 32 shapes
}

func (pr *program) finalize() {
	for _, exec := range pr.execs {
		exec.Finalize()
	}
	pr.execs = map[any]*model.Exec{}
}
