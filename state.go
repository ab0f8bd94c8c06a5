package xsam

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Scope is the path in the store under which the optimizer keeps its state, so that GoMLX checkpoints carry it (InScope
// chooses another):
//
//	/xsam/eigenvector/...  v, one variable per trainable variable, under that variable's own path
//	/xsam/refresh          what the last refresh measured
//	/xsam/limit            the smoothed λ, and how much stronger the ascent is for it (limit.go)
//	/xsam/risen            the running loss, and whether it has risen (risen.go)
//	/xsam/step             what the last step measured
//	/xsam/progress         steps made, and what is trained since when (progress.go)
//	/xsam/sets             what was trained before, from the first change on (trained.go)
//	/xsam/ascent/...       what plain steps reuse of the last ascent (reuse.go)
//	/xsam/average/...      the running average of the gradients (average.go)
//	/xsam/interval         the interval between refreshes where it is adapted (interval.go)
//	/xsam/accumulate/...   the sums of an update under way, where batches are cut (microbatch.go)
const Scope = "/xsam"

// EigenvectorPath is the path, in Scope, of the variable that holds the part of v that belongs to a trainable variable.
func EigenvectorPath(v *model.Variable) string { return home{scope: Scope}.eigenvector(v) }

// home is where an optimizer keeps its state in a store.
type home struct {
	store *model.Store
	scope string
}

func (o *Optimizer) home(store *model.Store) home { return home{store, o.scope} }

func (h home) path(names ...string) string {
	return model.JoinPath(append([]string{h.scope}, names...)...)
}

func (h home) eigenvector(v *model.Variable) string { return h.path("eigenvector", v.Path()) }

// variable returns the variable called name, creating it with the given values, and keeps optimizers from training it:
// a restored checkpoint brings it back as trainable.
func (h home) variable(name string, dtype dtypes.DType, dims []int, values []float64) *model.Variable {
	v := h.store.GetVariable(h.path(name))
	if v == nil {
		v = h.store.VariableWithValue(h.path(name), tensorOf(dtype, dims, values))
	}
	return v.SetTrainable(false)
}

// vectors returns a vector over vars, one variable for each of them, of at least float32, under the name that name
// gives it; what is missing is created as 0.
func (h home) vectors(vars []*model.Variable, name func(*model.Variable) string) []*model.Variable {
	kept := make([]*model.Variable, len(vars))
	for i, v := range vars {
		zero := make([]float64, v.Shape().Size())
		kept[i] = h.variable(name(v), stateDType(v), v.Shape().Dimensions, zero)
	}
	return kept
}

// state gives access to what lives between the steps, inside one graph.
type state struct {
	g             *graph.Graph
	dtype         dtypes.DType // of this step's measurements; the variables keep the type that they were made with
	refresh, step *model.Variable
}

// Entries of the two vectors of measurements.
const (
	refreshLambda = iota
	refreshResidual
	refreshD3
	refreshSigma
	refreshEntries
)

const (
	stepLoss = iota
	stepGradNorm
	stepAlongV
	stepEntries
)

// openState returns the state, creating what is missing.
func openState(h home, g *graph.Graph, dtype dtypes.DType) state {
	return state{
		g:       g,
		dtype:   dtype,
		refresh: h.variable("refresh", dtype, []int{refreshEntries}, unknownRefresh()),
		step:    h.variable("step", dtype, []int{stepEntries}, make([]float64, stepEntries)),
	}
}

// unknownRefresh is what is known of the curvature before the first refresh.
func unknownRefresh() []float64 {
	unknown := make([]float64, refreshEntries)
	for i := range unknown {
		unknown[i] = math.NaN()
	}
	unknown[refreshSigma] = 0
	return unknown
}

// sigma is the largest |λ| seen before this step, lambda the λ of the last refresh before it.
func (s state) sigma() *graph.Node  { return s.refreshEntry(refreshSigma) }
func (s state) lambda() *graph.Node { return s.refreshEntry(refreshLambda) }

func (s state) refreshEntry(i int) *graph.Node {
	return graph.ConvertDType(entry(s.refresh.NodeValue(s.g), i), s.dtype)
}

// entry is entry i of a vector, a scalar.
func entry(of *graph.Node, i int) *graph.Node {
	return graph.Reshape(graph.Slice(of, graph.AxisElem(i)))
}

// writeRefresh keeps what a refresh measured.
func (s state) writeRefresh(e *estimate) {
	s.refresh.SetNodeValue(vector(s.refresh.DType(), e.lambda, e.residual, e.d3, e.sigma))
}

// writeStep keeps what a step measured.
func (s state) writeStep(loss, gradNorm, alongV *graph.Node) {
	s.step.SetNodeValue(vector(s.step.DType(), loss, gradNorm, alongV))
}

func vector(dtype dtypes.DType, entries ...*graph.Node) *graph.Node {
	converted := make([]*graph.Node, len(entries))
	for i, e := range entries {
		converted[i] = graph.ConvertDType(e, dtype)
	}
	return graph.Stack(converted, 0)
}

// openEigenvector returns the variables that hold v, of length 1 over vars: see trained.go.
func openEigenvector(h home, vars []*model.Variable) []*model.Variable {
	vs := make([]*model.Variable, len(vars))
	for i, v := range vars {
		vs[i] = h.store.GetVariable(h.eigenvector(v)).SetTrainable(false)
	}
	return vs
}

// DrawEigenvector draws a first v for the trainable variables: a Gaussian direction over all of them, divided by its
// length. The result has one tensor per variable, of its shape, in the type v is kept in (at least float32). Each
// variable has a stream of its own, from the seed and its path, so that the order of the variables matters for
// rounding alone. It is drawn on the host, the same for every backend.
func DrawEigenvector(vars []*model.Variable, seed int64) []*tensors.Tensor {
	drawn := make([]*tensors.Tensor, len(vars))
	for i, part := range drawDirection(vars, seed) {
		drawn[i] = tensorOf(stateDType(vars[i]), vars[i].Shape().Dimensions, part)
	}
	return drawn
}

func drawDirection(vars []*model.Variable, seed int64) [][]float64 {
	parts := make([][]float64, len(vars))
	var sum float64
	for i, v := range vars {
		path := fnv.New64a()
		path.Write([]byte(v.Path()))
		random := rand.New(rand.NewPCG(uint64(seed), path.Sum64()))
		parts[i] = make([]float64, v.Shape().Size())
		for j := range parts[i] {
			parts[i][j] = random.NormFloat64()
			sum += parts[i][j] * parts[i][j]
		}
	}
	length := math.Sqrt(sum)
	for _, part := range parts {
		for j := range part {
			part[j] /= length
		}
	}
	return parts
}

// stateDType is the type v is kept in: that of the variable, but at least float32.
func stateDType(v *model.Variable) dtypes.DType {
	if v.DType() == dtypes.Float64 {
		return dtypes.Float64
	}
	return dtypes.Float32
}

func tensorOf(dtype dtypes.DType, dims []int, values []float64) *tensors.Tensor {
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(values, dims...)
	}
	narrow := make([]float32, len(values))
	for i, x := range values {
		narrow[i] = float32(x)
	}
	return tensors.FromFlatDataAndDimensions(narrow, dims...)
}
