package program

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/layers"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/models/onnx"
	"github.com/xsam-go/xsam/models/weights"
	"github.com/xsam-go/xsam/recipe"
)

// network is what is trained: a built-in model, or an ONNX file.
type network interface {
	Graph(scope *model.Scope, spec any, inputs []*graph.Node) []*graph.Node
}

// files are the user's own: the network, and the weights to begin with by the paths of their variables.
type files struct {
	onnx   *onnx.File
	given  map[string]weights.Array
	frozen func(path, name string) bool
	head   string            // the scope of a new layer
	names  map[string]string // in the ONNX file, by the paths of variables
}

// readFiles reads those that a recipe names, and refuses others than those of the run.
func readFiles(r recipe.Recipe) (f files, err error) {
	f.frozen, f.names = freezing(r.Freeze, r.Train, ""), map[string]string{}
	if r.IsONNX() {
		if f.onnx, err = onnx.Read(r.ModelPath()); err != nil {
			return f, err
		}
		if err := r.CheckModel(f.onnx); err != nil {
			return f, err
		}
		if r.Head != "" {
			f.head = f.onnx.HeadFolder(r.Head)
			f.frozen = freezing(r.Freeze, r.Train, f.head)
		}
	}
	from, err := r.WeightsPath()
	if err != nil || from == "" {
		return f, err
	}
	if err := r.CheckWeights(from); err != nil {
		return f, err
	}
	f.given, err = weights.Read(from)
	return f, err
}

// network is the recipe's, with the weights that a seed draws where there are no others.
func (p *Program) network(seed int64, compute dtypes.DType) (network, error) {
	c := p.model(seed)
	c.Compute = compute
	if p.files.onnx == nil {
		net, err := models.New(c)
		return &tuned{net, &p.files, p.dtype}, err
	}
	outputs := c.Classes
	if c.Regression {
		outputs = 1
	}
	net, err := onnx.New(p.files.onnx, onnx.Config{
		Height: c.Height, Width: c.Width, Channels: c.Channels, Outputs: outputs, DType: c.DType, Compute: compute,
		Random: p.recipe.Init == "random", Seed: c.Seed, Head: p.recipe.Head,
	})
	if err != nil {
		return nil, err
	}
	for _, w := range net.Weights() {
		p.files.names[model.ScopeSeparator+w.Path] = w.Name
	}
	return &tuned{net, &p.files, p.dtype}, nil
}

// NameOf is the name of a variable in files of weights: that of the ONNX file, or its path with dots.
func (p *Program) NameOf(variable string) string {
	if name := p.files.names[variable]; name != "" {
		return name
	}
	return strings.ReplaceAll(strings.TrimPrefix(variable, model.ScopeSeparator), model.ScopeSeparator, ".")
}

// tuned is a network with weights of the user's own to begin with, and weights that are not trained.
type tuned struct {
	network
	own   *files
	dtype dtypes.DType
}

// Graph implements network.
func (t *tuned) Graph(scope *model.Scope, spec any, inputs []*graph.Node) []*graph.Node {
	store := scope.Store()
	for _, at := range slices.Sorted(maps.Keys(t.own.given)) {
		given := t.own.given[at]
		folder, name := path.Split(at)
		in := store.Scope(path.Clean(folder))
		layers.Variable(in, name, shapes.Make(t.dtype, given.Dims...), func(values []float64) {
			for i := range values {
				values[i] = given.Value(i)
			}
		})
		if name == "variance" { // its averages count for many batches
			in.VariableWithValue("updates", tensors.FromScalar(int64(onnx.FileUpdates))).SetTrainable(false)
		}
	}
	out := t.network.Graph(scope, spec, inputs)
	for v := range store.IterVariables() {
		if v.Trainable && v.DType().IsFloat() && t.own.frozen(v.Path(), t.own.names[v.Path()]) {
			v.SetTrainable(false)
		}
	}
	return out
}

// checkNetwork builds the network of the user's own once, so that what is wrong with it is said before it is trained,
// and finds the variables of the weights that were given.
func (p *Program) checkNetwork() error {
	if p.files.onnx == nil && p.files.given == nil && p.recipe.Freeze == "" && p.recipe.Train == "" {
		return nil
	}
	given := p.files.given
	p.files.given = nil
	variables, err := p.trace()
	if err != nil {
		return err
	}
	if err := p.checkPatterns(variables); err != nil || given == nil {
		return err
	}
	p.files.given, err = p.match(given, variables)
	return err
}

// variable is what is known of one before it has values.
type variable struct {
	path      string
	shape     shapes.Shape
	trainable bool
}

// trace builds the network and its gradient in a store of its own and lists the variables.
func (p *Program) trace() (list []variable, err error) {
	store := model.NewStore()
	defer store.Finalize()
	g := graph.NewGraph(p.Engine.Backend, "check") // traced, not compiled
	defer g.Finalize()
	set := p.Data.Train
	err = exceptions.TryCatch[error](func() {
		store.SetTraining(g, true)
		images := graph.Parameter(g, "images", shapes.Make(p.dtype, 2, set.Height, set.Width, set.Channels))
		out := p.net.Graph(store.RootScope(), nil, []*graph.Node{images})
		var trained []*graph.Node
		for v := range store.IterVariables() {
			list = append(list, variable{v.Path(), v.Shape(), v.Trainable && v.DType().IsFloat()})
			if v.Trainable && v.DType().IsFloat() && v.InUseByGraph(g) {
				trained = append(trained, v.NodeValue(g))
			}
		}
		if len(trained) > 0 {
			graph.Gradient(graph.ReduceAllSum(out[0]), trained...)
		}
	})
	if err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n")
		return nil, fmt.Errorf("program: model %s: %s", p.recipe.Model, line)
	}
	return list, nil
}

// match finds the variable of each of the weights of a file.
func (p *Program) match(given map[string]weights.Array, variables []variable) (map[string]weights.Array, error) {
	found, used := map[string]weights.Array{}, map[string]bool{}
	var missing []string
	for _, v := range variables {
		if !v.shape.DType.IsFloat() {
			continue
		}
		name := p.NameOf(v.path)
		array, ok := given[name]
		if !ok && isHead(p.files.head, v.path) {
			continue
		}
		if !ok {
			missing = append(missing, name)
			continue
		}
		if used[name] = true; !slices.Equal(array.Dims, v.shape.Dimensions) {
			return nil, fmt.Errorf("program: weights %s: %s has the shape %v: want %v, as model %s has it", p.recipe.Weights,
				name, array.Dims, v.shape.Dimensions, p.recipe.Model)
		}
		found[v.path] = array
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("program: weights %s has no %s, which model %s has: it has %s", p.recipe.Weights,
			some(missing), p.recipe.Model, some(slices.Sorted(maps.Keys(given))))
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !used[name] && p.recipe.Head == "" {
			return nil, fmt.Errorf("program: weights %s has %s, which model %s has not", p.recipe.Weights, name, p.recipe.Model)
		}
	}
	return found, nil
}

// some names the first of several.
func some(names []string) string {
	const most = 4
	if n := len(names) - most; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n)
	}
	return strings.Join(names, ", ")
}
