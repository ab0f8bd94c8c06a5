package curvature

import (
	"fmt"
	"sort"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Parameter is one variable's part of the vector of parameters.
type Parameter struct {
	Path       string
	Dimensions []int
	Offset     int // of its first number in the vector
	Size       int
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

// Examples is the number of examples in the batches; of a masked loss, those that the masks leave.
func (p *Problem) Examples() int { return p.examples }

// DType is the type in which vectors go to the device: Float64 when a parameter has it, otherwise Float32.
func (p *Problem) DType() dtypes.DType { return p.dtype }

// Parameters lists the variables in the order in which they make up the vector.
func (p *Problem) Parameters() []Parameter {
	list := make([]Parameter, len(p.variables))
	for i, v := range p.variables {
		list[i] = Parameter{
			Path: v.Path(), Dimensions: v.Shape().Dimensions, Offset: p.offsets[i], Size: v.Shape().Size(),
		}
	}
	return list
}

// Weights returns w, the parameters as the store holds them.
func (p *Problem) Weights() ([]float64, error) {
	return p.read("the weights", func(s *batchGraph) *graph.Node { return s.join(s.point()) })
}

// read returns a vector that is built without a batch.
func (p *Problem) read(what string, build func(s *batchGraph) *graph.Node) ([]float64, error) {
	e, err := model.NewExec(p.backend, p.store, func(scope *model.Scope, g *graph.Graph) *graph.Node {
		return build(&batchGraph{Problem: p, scope: scope, g: g})
	})
	if err != nil {
		return nil, fmt.Errorf("curvature: reading %s: %w", what, err)
	}
	defer e.Finalize()
	out, err := e.Call()
	if err != nil {
		return nil, fmt.Errorf("curvature: reading %s: %w", what, err)
	}
	defer out[0].MustFinalizeAll()
	x := make([]float64, p.Dim())
	return x, addTo(x, 1, out[0])
}

// notFinite is the error of a number that is not finite. It names the parameter that is not, where there is one.
func (p *Problem) notFinite(what string, x float64) error {
	where := ""
	if w, err := p.Weights(); err == nil {
		if at := firstNotFinite(w); at >= 0 {
			i := sort.SearchInts(p.offsets, at+1) - 1
			where = fmt.Sprintf("; the parameter %s holds %v", p.variables[i].Path(), w[at])
		}
	}
	return fmt.Errorf("curvature: %s is %v: want finite weights, and a finite loss there%s", what, x, where)
}
