package experiment

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// A run in bfloat16 learns what one in float32 does, and the curvature of its weights is measured in float32.
func TestBFloat16(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		engine := &backend.Engine{Backend: b, Name: b.Name()}
		r := tiny(t, "xsam")
		_, want := mustRun(t, engine, r, Options{})
		r.DType = "bfloat16"
		_, got := mustRun(t, engine, r, Options{})
		if loss, wanted := got.TrainLoss.Float(), want.TrainLoss.Float(); loss == wanted || !(math.Abs(loss-wanted) < 0.05*wanted) {
			t.Errorf("training loss %v: want another than that of float32, %v, within 5 %%", loss, wanted)
		}
		if !(got.LambdaResidual.Float() <= 1e-2) || !(math.Abs(got.LambdaMax.Float()-want.LambdaMax.Float()) < 0.2*want.LambdaMax.Float()) {
			t.Errorf("λmax %v with residual %v: want that of float32, %v, within 20 %%, converged", got.LambdaMax, got.LambdaResidual, want.LambdaMax)
		}
	})
}

func TestCurvatureOfBFloat16IsMeasuredInFloat32(t *testing.T) {
	r := tiny(t, "xsam")
	r.DType = "bfloat16"
	data, err := datasets.Load(r.Data, r.dataOptions())
	if err != nil {
		t.Fatal(err)
	}
	p, err := newProgram(goEngine(t), r, data)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.close(); err != nil {
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
		e := model.MustNewExec(p.engine.Backend, p.store, func(scope *model.Scope, x *graph.Node) *graph.Node {
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
