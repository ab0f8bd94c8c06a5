package xsam_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/layers"
)

// golden is a network with reference trajectories, as the programs in testdata/golden write it: make_goldens.py with
// JAX, make_published.py, the published form and the lengths of the gradient, and make_family.py, SAM's relatives, with
// PyTorch.
type golden struct {
	Net        string
	Parameters []struct {
		Path  string
		Shape []int
	}
	Norms        []string
	LearningRate float64 `json:"learning_rate"`
	Momentum     float64
	WeightDecay  float64 `json:"weight_decay"`
	W0           []float64
	Batches      []struct {
		Shape  []int
		Inputs []float64
		Labels []int32
		Mask   []float64 // of dropout after the pooling, [batch, channels]; none for networks without
	}
	Cases []goldenCase
}

type goldenCase struct {
	Name        string
	Config      xsam.Config
	V0          []float64
	Steps       []goldenStep
	Checkpoints []goldenCheckpoint
}

// goldenStep is what the reference recorded of one step; nil where there was nothing to record.
type goldenStep struct {
	Kind                    string
	Loss                    float64
	Lambda, Residual, D3, C *float64
	AngleDeg                *float64 `json:"angle_deg"`
	AlignMargin             *float64 `json:"align_margin"`
	TurnMargin              *float64 `json:"turn_margin"`
	SideMargin              *float64 `json:"side_margin"`
	CalmMargin              *float64 `json:"calm_margin"`
	AbsMargin               *float64 `json:"abs_margin"`
	LeanMargin              *float64 `json:"lean_margin"`
	WNorm                   float64  `json:"w_norm"`
}

type goldenCheckpoint struct {
	Step     int
	W, V     []float64
	Updates  int64
	Averages [][2][]float64
}

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "golden", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// modelFn is the network, with tanh so that it is smooth.
func (g golden) modelFn(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
	x := in[0]
	parameter := func(path string) *graph.Node { return scope.Store().GetVariable(path).NodeValue(x.Graph()) }
	dense := func(x *graph.Node, layer string) *graph.Node {
		return layers.Dense(x, parameter(layer+"/weights"), parameter(layer+"/biases"))
	}
	if g.Net == "mlp" {
		return []*graph.Node{dense(graph.Tanh(dense(x, "/dense0")), "/dense1")}
	}
	for i := range g.Norms {
		x = layers.Convolve(x, parameter(fmt.Sprintf("/conv%d/weights", i))).Same().Done()
		x = graph.Tanh(layers.BatchNorm(scope.In("norm%d", i), x).Done())
	}
	x = graph.ReduceMean(x, 1, 2)
	if len(in) > 1 && scope.IsTraining(x.Graph()) {
		x = graph.Mul(x, in[1])
	}
	return []*graph.Node{dense(x, "/dense")}
}

// create makes one variable a parameter under a scope, with the values of a flat vector.
func (g golden) create(store *model.Store, scope string, values []float64, dtype dtypes.DType) {
	for _, p := range g.Parameters {
		size := 1
		for _, d := range p.Shape {
			size *= d
		}
		store.VariableWithValue(scope+p.Path, tensorAs(dtype, values[:size], p.Shape)).SetTrainable(scope == "")
		values = values[size:]
	}
}

// read is the inverse of create.
func (g golden) read(t *testing.T, store *model.Store, scope string) []float64 {
	t.Helper()
	var values []float64
	for _, p := range g.Parameters {
		values = append(values, numbers(t, store.GetVariable(scope+p.Path).MustValue())...)
	}
	return values
}

// goldenBatches yields the batches in turn, without end.
type goldenBatches struct {
	golden
	dtype dtypes.DType
}

func (goldenBatches) Name() string { return "golden" }

func (d goldenBatches) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for i := 0; ; i++ {
			b := d.Batches[i%len(d.Batches)]
			batch := train.Batch{
				Inputs: []*tensors.Tensor{tensorAs(d.dtype, b.Inputs, b.Shape)},
				Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(append([]int32(nil), b.Labels...), len(b.Labels), 1)},
			}
			if b.Mask != nil {
				batch.Inputs = append(batch.Inputs, tensorAs(d.dtype, b.Mask, []int{len(b.Labels), len(b.Mask) / len(b.Labels)}))
			}
			if !yield(batch, nil) {
				return
			}
		}
	}
}

func tensorAs(dtype dtypes.DType, values []float64, dims []int) *tensors.Tensor {
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(append([]float64(nil), values...), dims...)
	}
	narrow := make([]float32, len(values))
	for i, x := range values {
		narrow[i] = float32(x)
	}
	return tensors.FromFlatDataAndDimensions(narrow, dims...)
}
