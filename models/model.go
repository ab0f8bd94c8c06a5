package models

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Config says which model to build. Start from [DefaultConfig].
type Config struct {
	Name                    string       // one of Names(), or of the form Deep
	Height, Width, Channels int          // of the images, each ≥ 1; models with pooling want more
	Classes                 int          // number of classes, ≥ 2; not used with Regression
	Regression              bool         // the model predicts one number in the place of logits
	Seed                    int64        // of the initial weights
	DType                   dtypes.DType // of weights, logits and batch norm: dtypes.Float32 or dtypes.Float64
	// Compute is the type of all else: of activations, and of the copies of the weights that layers multiply them with.
	// dtypes.BFloat16 halves their memory and leaves weights, their gradients and whatever an optimizer keeps in DType.
	// dtypes.InvalidDType, the zero value, is DType.
	Compute dtypes.DType
	Dropout float64 // share of hidden units dropped in training, in [0, 1); for mlp and cnn, else 0
}

// DefaultConfig is the named model in float32 for 32×32 pixels of 3 channels and 10 classes, without dropout, seed 0.
func DefaultConfig(name string) Config {
	return Config{Name: name, Height: 32, Width: 32, Channels: 3, Classes: 10, DType: dtypes.Float32}
}

// architecture is what is known of a model before it is built.
type architecture struct {
	name    string
	minSize int  // least height and width of the images
	dropout bool // whether it has hidden units to drop
	build   func(b *builder, x *graph.Node) *graph.Node
}

var architectures = []architecture{
	{"mlp", 1, true, perceptron(2, 128)},
	{"cnn", 4, true, cnn},
	{"resnet8", 1, false, resnet8},
	{"resnet20", 1, false, resnet20},
	{"resnet18", 1, false, resnet18},
	{"resnet34", 1, false, resnet34},
	{"wrn16-1", 1, false, wrn(16, 1)},
	{"wrn16-4", 1, false, wrn(16, 4)},
	{"wrn28-10", 1, false, wrn(28, 10)},
	{"alexnet-narrow", 16, false, alexnet([5]int{16, 48, 96, 64, 64})},
	{"alexnet", 16, false, alexnet([5]int{64, 192, 384, 256, 256})},
	{"vgg11-bn-narrow", 16, false, vgg11(16)},
	{"vgg11-bn", 16, false, vgg11(64)},
	{"mixer", 4, false, mixer},
	{"vit", 4, false, vit},
}

// Names lists the models, smallest first within each family.
func Names() []string {
	names := make([]string, len(architectures))
	for i, a := range architectures {
		names[i] = a.name
	}
	return names
}

// Deep is the form of the names of perceptrons of any size, which [Names] does not list: "mlp-12x256" has twelve
// hidden layers of 256 units.
const Deep = "mlp-DEPTHxWIDTH"

var deepName = regexp.MustCompile(`^mlp-([1-9]\d{0,2})x([1-9]\d{0,4})$`)

// Check fails when there is no model of that name.
func Check(name string) error {
	_, err := find(name)
	return err
}

func find(name string) (architecture, error) {
	if i := slices.IndexFunc(architectures, func(a architecture) bool { return a.name == name }); i >= 0 {
		return architectures[i], nil
	}
	if m := deepName.FindStringSubmatch(name); m != nil {
		depth, _ := strconv.Atoi(m[1]) // digits, few enough, by the expression
		width, _ := strconv.Atoi(m[2])
		return architecture{name, 1, true, perceptron(depth, width)}, nil
	}
	return architecture{}, fmt.Errorf("models: there is no model %q: want one of %s or %s", name, strings.Join(Names(),
		", "), Deep)
}

// Model is a classifier. It holds no weights: they are in the store of the scope that [Model.Graph] gets.
type Model struct {
	config Config
	arch   architecture
}

// New checks the configuration and returns the model. The error names every field that is wrong.
func New(c Config) (*Model, error) {
	arch, err := find(c.Name)
	if err != nil {
		return nil, err
	}
	var errs []error
	if c.Height < arch.minSize || c.Width < arch.minSize || c.Channels < 1 {
		errs = append(errs, fmt.Errorf("models: images are %d×%d×%d (height, width, channels): %s wants at least %d×%d×1%s",
			c.Height, c.Width, c.Channels, c.Name, arch.minSize, arch.minSize, fitting(c)))
	}
	if c.Classes < 2 && !c.Regression {
		errs = append(errs, fmt.Errorf("models: Config.Classes = %d: want at least 2", c.Classes))
	}
	if c.DType != dtypes.Float32 && c.DType != dtypes.Float64 {
		errs = append(errs, fmt.Errorf("models: Config.DType = %s: want float32 or float64", c.DType))
	}
	if c.Compute == dtypes.InvalidDType {
		c.Compute = c.DType
	}
	if c.Compute != c.DType && c.Compute != dtypes.BFloat16 {
		errs = append(errs, fmt.Errorf("models: Config.Compute = %s with weights in %s: want their type or bfloat16",
			c.Compute, c.DType))
	}
	if !(c.Dropout >= 0 && c.Dropout < 1) { // also rejects NaN
		errs = append(errs, fmt.Errorf("models: Config.Dropout = %v: want 0 ≤ Dropout < 1 (0 turns it off)", c.Dropout))
	}
	if c.Dropout != 0 && !arch.dropout {
		errs = append(errs, fmt.Errorf("models: Config.Dropout = %v: %s has no dropout, want 0", c.Dropout, c.Name))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Model{config: c, arch: arch}, nil
}

// fitting names the models that accept images of that size, as the end of a sentence.
func fitting(c Config) string {
	var names []string
	for _, a := range architectures {
		if c.Channels >= 1 && min(c.Height, c.Width) >= a.minSize {
			names = append(names, a.name)
		}
	}
	if names == nil {
		return ""
	}
	return "; these fit: " + strings.Join(names, ", ")
}

// outputs is the number of logits, or 1 in a regression.
func (c Config) outputs() int {
	if c.Regression {
		return 1
	}
	return c.Classes
}

// Config returns the configuration the model was made with.
func (m *Model) Config() Config { return m.config }

// Graph builds the model: it is a train.ModelFn. inputs[0] holds the images, [batch, height, width, channels] of any
// number type; the result is one node, the logits [batch, classes], or the predictions [batch, 1] of a regression, of
// type Config.DType. spec is not used.
//
// Variables are created in the scope where they do not exist yet, so building it again, or with a restored checkpoint,
// uses the same weights; to build it twice in one graph pass scope.ResetVisited(). Kernels are named "weights", biases
// "biases", and batch norms have "scale" and "offset"; see [layers.BatchNorm] for their running averages.
func (m *Model) Graph(scope *model.Scope, spec any, inputs []*graph.Node) []*graph.Node {
	c := m.config
	if len(inputs) != 1 {
		exceptions.Panicf("models: %s got %d inputs: want one, the images", c.Name, len(inputs))
	}
	x := inputs[0]
	if x.Rank() != 4 || !slices.Equal(x.Shape().Dimensions[1:], []int{c.Height, c.Width, c.Channels}) {
		exceptions.Panicf("models: %s got images of shape %s: it was made for [batch, %d, %d, %d]",
			c.Name, x.Shape(), c.Height, c.Width, c.Channels)
	}
	b := &builder{config: c, root: scope.Scope(), scope: scope}
	logits := m.arch.build(b, graph.ConvertDType(x, c.Compute))
	return []*graph.Node{graph.ConvertDType(logits, c.DType)}
}

// CountParameters returns the number of trainable parameters in the scope: weights, biases, scales and offsets.
// Build the model's graph first.
func CountParameters(scope *model.Scope) int {
	n := 0
	for v := range scope.IterVariables() {
		if v.Trainable && v.DType().IsFloat() {
			n += v.Shape().Size()
		}
	}
	return n
}
