package program

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/recipe"
)

func TestCurvatureOfBFloat16IsMeasuredInFloat32(t *testing.T) {
	r := recipe.Defaults("glyphs")
	r.Model, r.TrainSize, r.TestSize, r.Batch, r.DType = "mlp", 70, 30, 16, "bfloat16"
	if err := r.SetMethod("xsam", nil); err != nil {
		t.Fatal(err)
	}
	data, err := datasets.Load(r.Data, r.DataOptions())
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(&backend.Engine{Backend: testbackend.Go(t), Name: "go"}, r, data, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, what := range []struct {
		name   string
		halves bool
	}{{"trained", true}, {"measured", false}} {
		obj := p.objective
		if what.name == "measured" {
			if obj, err = p.measured(); err != nil {
				t.Fatal(err)
			}
		}
		found := false
		e := model.MustNewExec(p.Engine.Backend, p.Store, func(scope *model.Scope, x *graph.Node) *graph.Node {
			logits := obj.ModelFn(scope, nil, []*graph.Node{x})[0]
			for _, node := range x.Graph().Nodes() {
				found = found || node.NumOutputs() == 1 && node.DType() == dtypes.BFloat16
			}
			return logits
		})
		outputs, err := e.Call(tensors.FromFlatDataAndDimensions(make([]float32, 2*16*16), 2, 16, 16, 1))
		if err != nil {
			t.Fatal(err)
		}
		outputs[0].MustFinalizeAll()
		e.Finalize()
		if found != what.halves {
			t.Errorf("%s: nodes of bfloat16: %v, want %v", what.name, found, what.halves)
		}
	}
}
