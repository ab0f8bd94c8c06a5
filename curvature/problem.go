package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/objective"
)

// NormMode says in which mode the model is built, which is what batch norm goes by.
type NormMode int

const (
	// RunningAverages builds the model as in evaluation: batch norm uses its running averages and dropout is off. The
	// loss of an example does not depend on its batch.
	RunningAverages NormMode = iota + 1
	// BatchStatistics builds the model as in training: batch norm uses the statistics of each batch, and derivatives
	// pass through them. The numbers then depend on how the examples are split into batches.
	BatchStatistics
)

// ProblemOptions says which function of which parameters a Problem is.
type ProblemOptions struct {
	Norm NormMode
	// Regularization adds the losses that the model gives to train.AddRegularizationLoss.
	Regularization bool
	// Scope restricts the parameters to the trainable variables at or under this path, "/block1" for instance. The others
	// stay as they are. "" takes all.
	Scope string
}

// Problem is the mean loss over a fixed set of batches as a function of a model's trainable parameters, read as one
// vector in the order of the store:
//
//	L(w) = Σ_b n_b·L_b(w) / Σ_b n_b        L_b the mean loss of batch b, n_b its number of examples
//
// so that a ragged last batch counts by its size. The loss function must be a mean over the examples, or give one number
// per example, as GoMLX's do.
//
// Evaluating it leaves no trace in the store: not in the weights, the running averages, nor the random state. Every
// call reads the weights that the store holds at that time. A Problem is not safe for concurrent use, nor beside training
// of the same store.
type Problem struct {
	backend   compute.Backend
	store     *model.Store
	objective *objective.Objective
	batches   []train.Batch
	sizes     []int
	examples  int
	options   ProblemOptions

	variables []*model.Variable
	offsets   []int // where each variable begins in the vector, and the whole length
	dtype     dtypes.DType

	losses, gradients *program
	programs          []*program
}

// Parameter is one variable's part of the vector of parameters.
type Parameter struct {
	Path       string
	Dimensions []int
	Offset     int // of its first number in the vector
	Size       int
}

// NewProblem returns the loss of obj over the batches. It builds the loss once, which initialises variables that the
// store does not hold yet, and evaluates it twice: a loss that draws random numbers (dropout in BatchStatistics mode) or
// that does not repeat itself has no Hessian, and is refused.
//
// The batches stay the caller's: they must not be finalized before Close, and not be passed to a trainer, which
// would do so. Their first axis counts the examples.
func NewProblem(ctx context.Context, backend compute.Backend, store *model.Store, obj *objective.Objective,
	batches []train.Batch, o ProblemOptions) (*Problem, error) {
	p := &Problem{backend: backend, store: store, objective: obj, batches: batches, options: o}
	if o.Norm != RunningAverages && o.Norm != BatchStatistics {
		return nil, fmt.Errorf("curvature: ProblemOptions.Norm = %d: want RunningAverages or BatchStatistics", o.Norm)
	}
	if err := p.count(); err != nil {
		return nil, err
	}
	p.dtype = dtypes.Float64 // the losses, until the parameters are known
	p.losses = p.program("loss", func(s *site, _ []*graph.Node) []*graph.Node {
		loss := s.loss()
		s.refuseRandomness()
		if p.variables == nil {
			p.variables = s.trainables()
		}
		return []*graph.Node{loss}
	})
	first, err := p.batchLoss(ctx, 0)
	if err == nil {
		err = p.layOut()
	}
	var second float64
	if err == nil {
		second, err = p.batchLoss(ctx, 0)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	if tolerance := 1e-5 * max(1, math.Abs(first)); !(math.Abs(second-first) <= tolerance) {
		p.Close()
		return nil, fmt.Errorf("curvature: the loss of one batch was %v, and %v when evaluated again: want a finite loss that "+
			"repeats itself; turn off what is random in the model", first, second)
	}
	p.losses = p.program("loss", func(s *site, v []*graph.Node) []*graph.Node {
		s.displace(v[0])
		return []*graph.Node{s.loss()}
	})
	p.gradients = p.program("gradient", func(s *site, v []*graph.Node) []*graph.Node {
		w := s.displace(v[0])
		loss := s.loss()
		return []*graph.Node{s.join(graph.Gradient(loss, w...)), loss}
	})
	return p, nil
}

// Batches reads a finite data set to its end.
func Batches(ds train.Dataset) ([]train.Batch, error) {
	var batches []train.Batch
	for batch, err := range ds.Iter() {
		if err != nil {
			return nil, fmt.Errorf("curvature: batch %d of %s: %w", len(batches), ds.Name(), err)
		}
		batches = append(batches, batch)
	}
	return batches, nil
}

// count finds the number of examples of each batch.
func (p *Problem) count() error {
	if len(p.batches) == 0 {
		return errors.New("curvature: NewProblem got no batches: want at least one")
	}
	for i, b := range p.batches {
		if len(b.Inputs) == 0 || b.Inputs[0].Rank() == 0 {
			return fmt.Errorf("curvature: batch %d has no input with a first axis to count its examples by", i)
		}
		if len(b.Inputs) != len(p.batches[0].Inputs) || len(b.Labels) != len(p.batches[0].Labels) {
			return fmt.Errorf("curvature: batch %d has %d inputs and %d labels, batch 0 has %d and %d: want the same", i,
				len(b.Inputs), len(b.Labels), len(p.batches[0].Inputs), len(p.batches[0].Labels))
		}
		n := b.Inputs[0].Shape().Dimensions[0]
		p.sizes = append(p.sizes, n)
		p.examples += n
	}
	if p.examples == 0 {
		return errors.New("curvature: the batches hold no examples")
	}
	return nil
}

// layOut places the variables in the vector.
func (p *Problem) layOut() error {
	if len(p.variables) == 0 {
		return fmt.Errorf("curvature: the model uses no trainable variable at or under scope %q", p.options.Scope)
	}
	p.offsets = []int{0}
	p.dtype = dtypes.Float32
	for _, v := range p.variables {
		p.offsets = append(p.offsets, p.Dim()+v.Shape().Size())
		if v.DType() == dtypes.Float64 {
			p.dtype = dtypes.Float64
		}
	}
	return nil
}

// Dim is the number of parameters.
func (p *Problem) Dim() int { return p.offsets[len(p.offsets)-1] }

// Examples is the number of examples in the batches.
func (p *Problem) Examples() int { return p.examples }

// DType is the type in which vectors go to the device: Float64 when a parameter has it, otherwise Float32.
func (p *Problem) DType() dtypes.DType { return p.dtype }

// Parameters lists the variables in the order in which they make up the vector.
func (p *Problem) Parameters() []Parameter {
	list := make([]Parameter, len(p.variables))
	for i, v := range p.variables {
		list[i] = Parameter{Path: v.Path(), Dimensions: v.Shape().Dimensions, Offset: p.offsets[i], Size: v.Shape().Size()}
	}
	return list
}

// Weights returns w, the parameters as the store holds them.
func (p *Problem) Weights() ([]float64, error) {
	e, err := model.NewExec(p.backend, p.store, func(scope *model.Scope, g *graph.Graph) *graph.Node {
		s := &site{Problem: p, scope: scope, g: g}
		return s.join(objective.Point(g, p.variables))
	})
	if err != nil {
		return nil, fmt.Errorf("curvature: reading the weights: %w", err)
	}
	defer e.Finalize()
	out, err := e.Call()
	if err != nil {
		return nil, fmt.Errorf("curvature: reading the weights: %w", err)
	}
	defer out[0].MustFinalizeAll()
	w := make([]float64, p.Dim())
	return w, addTo(w, 1, out[0])
}

// Loss returns L(w + displacement). A nil displacement is 0.
func (p *Problem) Loss(ctx context.Context, displacement []float64) (float64, error) {
	total := 0.0
	err := p.each(ctx, p.losses, [][]float64{displacement}, func(weight float64, out []*tensors.Tensor) error {
		loss, err := scalar(out[0])
		total += weight * loss
		return err
	})
	return total, err
}

// BatchLosses returns L_b(w + displacement), the mean loss of each batch.
func (p *Problem) BatchLosses(ctx context.Context, displacement []float64) ([]float64, error) {
	var list []float64
	err := p.each(ctx, p.losses, [][]float64{displacement}, func(_ float64, out []*tensors.Tensor) error {
		loss, err := scalar(out[0])
		list = append(list, loss)
		return err
	})
	return list, err
}

// Gradient writes ∇L(w + displacement) to dst and returns L(w + displacement). A nil displacement is 0.
func (p *Problem) Gradient(ctx context.Context, dst, displacement []float64) (float64, error) {
	if len(dst) != p.Dim() {
		return 0, fmt.Errorf("curvature: Problem.Gradient got a destination of length %d: want %d", len(dst), p.Dim())
	}
	clear(dst)
	total := 0.0
	err := p.each(ctx, p.gradients, [][]float64{displacement}, func(weight float64, out []*tensors.Tensor) error {
		loss, err := scalar(out[1])
		total += weight * loss
		return errors.Join(err, addTo(dst, weight, out[0]))
	})
	return total, err
}

// Close frees the compiled graphs. The Problem and the operators made from it are of no use afterwards.
func (p *Problem) Close() {
	for _, pr := range p.programs {
		pr.finalize()
	}
	p.programs = nil
}

// single is the problem of batch i alone. It shares the compiled graphs.
func (p *Problem) single(i int) *Problem {
	one := *p
	one.batches, one.sizes, one.examples = p.batches[i:i+1], p.sizes[i:i+1], p.sizes[i]
	return &one
}

// batchLoss evaluates the loss of one batch at w.
func (p *Problem) batchLoss(ctx context.Context, i int) (float64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	out, err := p.losses.run(p.batches[i], nil)
	if err != nil {
		return 0, fmt.Errorf("curvature: batch %d: %w", i, err)
	}
	defer out[0].MustFinalizeAll()
	return scalar(out[0])
}

// each runs a program on every batch and hands its results to f with the batch's share of the examples.
func (p *Problem) each(ctx context.Context, pr *program, vectors [][]float64, f func(weight float64, out []*tensors.Tensor) error) error {
	device := make([]*tensors.Tensor, len(vectors))
	for i, v := range vectors {
		if v != nil && len(v) != p.Dim() {
			return fmt.Errorf("curvature: %s got a vector of length %d: want %d, the number of parameters", pr.name, len(v), p.Dim())
		}
		device[i] = p.tensor(v)
		defer device[i].MustFinalizeAll()
	}
	for i := range p.batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		out, err := pr.run(p.batches[i], device)
		if err != nil {
			return fmt.Errorf("curvature: batch %d: %w", i, err)
		}
		err = f(float64(p.sizes[i])/float64(p.examples), out)
		for _, t := range out {
			err = errors.Join(err, t.FinalizeAll())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tensor copies a vector for the device; nil is zero.
func (p *Problem) tensor(v []float64) *tensors.Tensor {
	if p.dtype == dtypes.Float64 {
		data := make([]float64, p.Dim())
		copy(data, v)
		return tensors.FromFlatDataAndDimensions(data, p.Dim())
	}
	data := make([]float32, p.Dim())
	for i := range v {
		data[i] = float32(v[i])
	}
	return tensors.FromFlatDataAndDimensions(data, p.Dim())
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

func scalar(t *tensors.Tensor) (float64, error) {
	var x [1]float64
	err := addTo(x[:], 1, t)
	return x[0], err
}
