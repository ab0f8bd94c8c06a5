package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/objective"
)

// Problem is a model's loss on a fixed set of batches, as a function of its trainable parameters. They are read as one
// vector w, in the order of their paths:
//
//	L(w) = Σ_b n_b·L_b(w) / Σ_b n_b        L_b the loss of batch b, n_b what it divides by
//
// So L is the loss of the undivided batch. n_b is the number of examples for a mean over them, the number that a mask
// keeps, or the sum of the weights of a weighted mean. It is read off the loss, or declared with DividedBy and Sum of
// package objective. Where the loss is a sum over the examples, L is the sum of the L_b. Where n_b cannot be known,
// more than one batch is an error. A loss that compares the examples of a batch changes when they are cut into other
// batches.
//
// Evaluating a Problem leaves no trace in the store: not in the weights, the running averages, nor the random state.
// Every call reads the weights that the store holds at that time. A Problem must not be used by two goroutines at a
// time, nor while its store is trained.
type Problem struct {
	backend   compute.Backend
	store     *model.Store
	objective *forward.Objective
	options   ProblemOptions
	mode      mode

	batches  []train.Batch
	shares   []float64 // of each batch in the loss of all
	examples int
	plain    bool // the loss is a mean over rows
	sum      bool // the loss is a sum over rows
	// uncounted says that some of several batches may have nothing in them that the loss counts.
	uncounted bool
	owned     bool // Close finalizes the batches

	variables []*model.Variable
	offsets   []int // where each variable begins in the vector, and the whole length
	dtype     dtypes.DType

	losses, gradients, products *program // products is made when it is first needed
	programs                    []*program
	outbound                    *outbound
}

// ProblemOptions say which function of which parameters a Problem is.
type ProblemOptions struct {
	// Norm must be set: the two modes are two functions, with two Hessians.
	Norm NormMode
	// Regularization adds the losses that the model gives to train.AddRegularizationLoss.
	Regularization bool
	// Scope takes only the trainable variables at or under this path as parameters, "/block1" for instance. The others
	// stay as they are. "" takes all.
	Scope string
}

// NormMode is the mode in which the model is built. Batch norm and dropout depend on it.
type NormMode int

const (
	// RunningAverages builds the model as in evaluation: batch norm uses its running averages, and dropout is off. The
	// loss of an example does not depend on its batch.
	RunningAverages NormMode = iota + 1
	// BatchStatistics builds the model as in training, but with dropout off: batch norm uses the statistics of each
	// batch, and derivatives pass through them. The loss then depends on how the examples are cut into batches.
	//
	// A model that draws random numbers in training is built as in evaluation, except for batch norm (norm.BatchNorm of
	// GoMLX and layers.BatchNorm). A layer of another kind that writes a variable in training only is then an error.
	BatchStatistics
)

// ProblemOf returns the loss of obj on a data set, which it reads to its end and holds in memory until Close.
//
// The model is built as in evaluation, with RunningAverages, and regularisation losses are left out; NewProblem has the
// other choices. It fails where NewProblem does, and when the data set cannot be read.
func ProblemOf(ctx context.Context, backend compute.Backend, store *model.Store, obj *objective.Objective,
	ds train.Dataset) (*Problem, error) {
	batches, err := Batches(ds)
	if err != nil {
		return nil, err
	}
	p, err := NewProblem(ctx, backend, store, obj, batches, ProblemOptions{Norm: RunningAverages})
	if err != nil {
		finalize(batches)
		return nil, err
	}
	p.owned = true
	return p, nil
}

// NewProblem returns the loss of obj on the batches. Their first axis counts the examples. They stay the caller's, who
// must not finalize them before Close, nor pass them to a trainer, which would.
//
// It builds the loss, which initialises variables that the store does not hold yet, and evaluates it twice. A loss that
// draws random numbers, other than for dropout, or that changes from one evaluation to the next has no Hessian: that is
// an error. So are options out of range, no batches, and a model without trainable variables.
func NewProblem(ctx context.Context, backend compute.Backend, store *model.Store, obj *objective.Objective,
	batches []train.Batch, o ProblemOptions) (*Problem, error) {
	if o.Norm != RunningAverages && o.Norm != BatchStatistics {
		return nil, fmt.Errorf("curvature: ProblemOptions.Norm = %d: want RunningAverages or BatchStatistics", o.Norm)
	}
	examples, err := count(obj.Objective, batches)
	if err != nil {
		return nil, err
	}
	p := &Problem{
		backend: backend, store: store, objective: obj.Objective, options: o,
		batches: batches, examples: examples,
		dtype: dtypes.Float64, // of the losses, until the parameters are known
	}
	if err := p.chooseMode(ctx); err != nil {
		p.Close()
		return nil, err
	}
	if err := p.open(ctx); err != nil {
		p.Close()
		return nil, err
	}
	p.outbound = &outbound{backend: backend, shape: shapes.Make(p.dtype, p.Dim())}
	p.losses = p.program("loss", func(s *batchGraph, v []*graph.Node) []*graph.Node {
		s.displace(v[0])
		return []*graph.Node{s.loss()}
	})
	p.gradients = p.program("gradient", func(s *batchGraph, v []*graph.Node) []*graph.Node {
		w := s.displace(v[0])
		loss := s.loss()
		return []*graph.Node{s.join(graph.Gradient(loss, w...)), loss}
	})
	return p, nil
}

// open finds the parameters, by building the loss, and checks that it repeats itself.
func (p *Problem) open(ctx context.Context) error {
	p.losses = p.program("loss", func(s *batchGraph, _ []*graph.Node) []*graph.Node {
		loss := s.loss()
		if s.drawsRandomNumbers() {
			panic(errors.New("curvature: the model draws random numbers, in evaluation too, so its loss is no function of " +
				"the weights: turn the noise off"))
		}
		if p.variables == nil {
			p.variables = s.trainables()
		}
		return []*graph.Node{loss}
	})
	if _, err := p.batchLoss(ctx, 0); err != nil {
		return err
	}
	if err := p.layOut(); err != nil {
		return err
	}
	if err := p.weigh(ctx); err != nil {
		return err
	}
	if p.uncounted { // the loss is built in another way
		p.losses = p.program("loss", func(s *batchGraph, _ []*graph.Node) []*graph.Node { return []*graph.Node{s.loss()} })
	}
	first, err := p.batchLoss(ctx, 0)
	if err != nil {
		return err
	}
	if math.IsNaN(first) || math.IsInf(first, 0) {
		return p.notFinite("the loss of one batch", first)
	}
	second, err := p.batchLoss(ctx, 0)
	if err != nil {
		return err
	}
	if tolerance := 1e-5 * max(1, math.Abs(first)); !(math.Abs(second-first) <= tolerance) {
		return fmt.Errorf("curvature: the loss of one batch was %v, and %v when evaluated again: "+
			"want a loss that repeats itself; turn off what is random in the model", first, second)
	}
	return nil
}

// Close frees the compiled graphs. The Problem and the operators made from it are of no use afterwards.
func (p *Problem) Close() {
	for _, pr := range p.programs {
		pr.finalize()
	}
	p.programs = nil
	if p.outbound != nil {
		p.outbound.finalize()
	}
	if p.owned {
		finalize(p.batches)
		p.owned = false
	}
}
