package curvature

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	batchnorm "github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/internal/derivatives"
	"github.com/xsam-go/xsam/internal/forward"
)

// mode is how a graph of the model is built.
type mode int

const (
	asInEvaluation mode = iota
	asInTraining
	// withoutDropout is as in evaluation, except that batch norm uses the statistics of the batch: the graph with which
	// GoMLX updates running averages, with derivatives that pass through the statistics.
	withoutDropout
)

// set makes g a graph of the mode, and corrects GoMLX's gradients where they are wrong.
func (m mode) set(store *model.Store, g *graph.Graph) {
	derivatives.Right(g)
	store.SetTraining(g, m == asInTraining)
	if m == withoutDropout {
		store.RootScope().SetGraphParam(g, train.BatchNormalizationUpdatePhase, 0)
		derivatives.UseBatchStatistics(g)
	}
}

// chooseMode sets the mode that the options ask for. For BatchStatistics that is the model as in training, if it draws
// no random numbers there. Otherwise it is the model without dropout, provided that it writes the same variables: then
// nothing else of training is lost.
func (p *Problem) chooseMode(ctx context.Context) error {
	if p.options.Norm == RunningAverages {
		p.mode = asInEvaluation
		return nil
	}
	training, err := p.look(ctx, asInTraining)
	if err != nil {
		return err
	}
	if training.constantStatistics {
		return errors.New("curvature: GoMLX's norm.BatchNorm with UseBackendInference(false) holds the statistics of a " +
			"batch constant in its gradient, which is not that of the loss then: leave the setting out, or use " +
			"layers.BatchNorm, or RunningAverages")
	}
	if !training.random {
		p.mode = asInTraining
		return nil
	}
	without, err := p.look(ctx, withoutDropout)
	if err != nil {
		return err
	}
	if without.random || !slices.Equal(without.written, training.written) {
		return fmt.Errorf("curvature: the model draws random numbers in training (dropout?), so its loss is no function "+
			"of the weights, and that cannot be turned off by itself: in training the model writes %v, as in evaluation "+
			"but with the batch statistics of GoMLX's batch norm it writes %v: use RunningAverages, or turn the noise off",
			training.written, without.written)
	}
	p.mode = withoutDropout
	return nil
}

// look is what a model does in a mode besides predicting.
type look struct {
	random             bool     // it draws random numbers
	written            []string // variables that are not trained, running averages for instance; sorted
	constantStatistics bool     // a batch norm of GoMLX has no gradient through its statistics
}

// look builds the model on the first batch, and runs nothing.
func (p *Problem) look(ctx context.Context, m mode) (l look, err error) {
	if err := ctx.Err(); err != nil {
		return l, err
	}
	p.mode = m
	pr := p.program("model", func(s *batchGraph, _ []*graph.Node) []*graph.Node {
		s.objective.ModelFn(s.scope, s.batch.Spec, s.batch.Inputs)
		l = s.look()
		forward.LeaveNoTrace(s.store, s.g)
		return []*graph.Node{graph.ScalarZero(s.g, p.dtype)}
	})
	batch := p.batches[0]
	exec, err := pr.executable(batch, 0)
	if err != nil {
		return l, fmt.Errorf("curvature: batch 0: %w", err)
	}
	defer pr.finalize()
	var types []shapes.Shape
	for _, t := range slices.Concat(batch.Inputs, batch.Labels) {
		types = append(types, t.Shape())
	}
	if _, err := exec.Compile(types...); err != nil {
		return l, fmt.Errorf("curvature: batch 0: the model: %w", err)
	}
	return l, nil
}

// look reads from the graph what the model does. Each GoMLX batch norm whose averages are written leaves an operation
// of its own there, except with UseBackendInference(false).
func (s *batchGraph) look() look {
	l := look{random: s.drawsRandomNumbers()}
	averages, operations := 0, 0
	for v := range s.store.IterVariables() {
		ofOptimizer := strings.HasPrefix(v.Path(), "/"+optimizer.Scope+"/") // a schedule of the learning rate, in a model
		if !v.ChangedInGraph(s.g) || v.Name() == model.RNGStateVariableName || ofOptimizer {
			continue
		}
		l.written = append(l.written, v.Path())
		if strings.HasSuffix(v.Scope(), "/"+batchnorm.BatchNormalizationScopeName) && v.Name() == "avg_weight" {
			averages++
		}
	}
	slices.Sort(l.written)
	for _, node := range s.g.Nodes() {
		if node.Type() == graph.NodeTypeBatchNormForTraining {
			operations++
		}
	}
	l.constantStatistics = averages > operations
	return l
}
