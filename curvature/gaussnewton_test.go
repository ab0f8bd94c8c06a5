package curvature_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// exampleByExample gives each example a batch of its own.
func exampleByExample(m net, n int) []train.Batch {
	whole := m.data(dtypes.Float64, n, n)[0]
	x := tensors.MustCopyFlatData[float64](whole.Inputs[0])
	y := tensors.MustCopyFlatData[int32](whole.Labels[0])
	width := len(x) / n
	var batches []train.Batch
	for i := range n {
		batches = append(batches, train.Batch{
			Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x[i*width:(i+1)*width], 1, width)},
			Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y[i:i+1], 1, 1)},
		})
	}
	return batches
}

// F = (1/n) Σ gᵢgᵢᵀ with every gᵢ from a Problem of its one example.
func TestFisherIsTheMeanOfOuterProducts(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) { // each store draws the same weights, on the host
		testbackend.SkipRepeat(t, b) // TestAgainstJAX is XLA's case
		const n = 5
		p := mlp.problemIn(t, b, model.NewStore(), mlp.data(dtypes.Float64, n, 3), evaluation)
		want := mat.NewDense(p.Dim(), p.Dim(), nil)
		singles := exampleByExample(mlp, n)
		if first := mlp.data(dtypes.Float64, n, 3); tensors.MustCopyFlatData[float64](first[0].Inputs[0])[0] !=
			tensors.MustCopyFlatData[float64](singles[0].Inputs[0])[0] {
			t.Fatal("the test's data differ between batch sizes")
		}
		g := make([]float64, p.Dim())
		for i := range n {
			one := mlp.problemIn(t, testbackend.Go(t), model.NewStore(), singles[i:i+1], evaluation)
			if _, err := one.Gradient(context.Background(), g, nil); err != nil {
				t.Fatal(err)
			}
			v := mat.NewVecDense(p.Dim(), g)
			want.RankOne(want, 1.0/n, v, v)
		}
		checkMatrix(t, "Fisher", columns(t, curvature.NewEmpiricalFisher(p)), want, 1e-12)
	})
}

// G = (1/n) Σ JᵢᵀBᵢJᵢ with Jᵢ by differences of the logits and B = diag p − ppᵀ: for the cross-entropy, and so positive
// semi-definite.
func TestGaussNewtonAgainstItsDefinition(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		testbackend.SkipRepeat(t, b) // TestAgainstJAX is XLA's case
		const n = 4
		p := mlp.problemIn(t, b, model.NewStore(), mlp.data(dtypes.Float64, n, 3), evaluation)
		want := mat.NewDense(p.Dim(), p.Dim(), nil)
		// The logit differences follow from losses of chosen labels: ℓ_k = logsumexp(z) − z_k, so that z_k − z_0 =
		// ℓ_0 − ℓ_k.
		for i := range n {
			var one [3]*curvature.Problem // with class k for a label
			for k := range one {
				batch := exampleByExample(mlp, n)[i]
				batch.Labels = []*tensors.Tensor{tensors.FromFlatDataAndDimensions([]int32{int32(k)}, 1, 1)}
				one[k] = mlp.problemIn(t, testbackend.Go(t), model.NewStore(), []train.Batch{batch}, evaluation)
			}
			losses := func(d []float64) (l [3]float64) {
				for k := range 3 {
					value, err := one[k].Loss(context.Background(), d)
					if err != nil {
						t.Fatal(err)
					}
					l[k] = value
				}
				return l
			}
			prob := losses(nil)
			for k := range prob {
				prob[k] = math.Exp(-prob[k])
			}
			jacobian := mat.NewDense(3, p.Dim(), nil) // of z_k − z_0: B is blind to the common shift
			d := make([]float64, p.Dim())
			const h = 1e-3
			for j := range d {
				for _, term := range []struct{ at, weight float64 }{{1, 8}, {-1, -8}, {2, -1}, {-2, 1}} {
					d[j] = term.at * h
					l := losses(d)
					for k := range 3 {
						jacobian.Set(k, j, jacobian.At(k, j)+term.weight*(l[0]-l[k])/(12*h))
					}
				}
				d[j] = 0
			}
			bmat := mat.NewDense(3, 3, nil)
			for k := range 3 {
				for m := range 3 {
					bmat.Set(k, m, -prob[k]*prob[m])
				}
				bmat.Set(k, k, prob[k]-prob[k]*prob[k])
			}
			var part mat.Dense
			part.Product(jacobian.T(), bmat, jacobian)
			part.Scale(1.0/n, &part)
			want.Add(want, &part)
		}
		got := columns(t, curvature.NewGaussNewton(p))
		checkMatrix(t, "Gauss–Newton", got, want, 1e-8) // the differences: h⁴ and rounding over h
		a, _, err := curvature.Form(context.Background(), curvature.NewGaussNewton(p))
		if err != nil {
			t.Fatal(err)
		}
		if values, _ := eigen(a); values[0] < -1e-14 {
			t.Errorf("smallest eigenvalue %g, want none below 0", values[0])
		}
	})
}

// Where the model fits its targets exactly, a square loss has H = G and F = 0. The model's second derivatives, which
// H has and G has not, are multiplied by the residuals there.
func TestGaussNewtonIsTheHessianAtAPerfectFit(t *testing.T) {
	b := testbackend.Go(t)
	for _, base := range []net{mlp, cnn} {
		m := base
		m.loss = loss.MeanSquaredError
		batches := m.data(dtypes.Float64, 3, 3)
		store := model.NewStore()
		predict := model.MustNewExec(b, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
			store.SetTraining(x.Graph(), true)
			out := m.model(scope, nil, []*graph.Node{x})[0]
			for v := range store.IterVariables() { // the running averages stay
				if v.ChangedInGraph(x.Graph()) {
					v.SetNodeValue(x.Graph().GetParameterByName(v.Path()))
				}
			}
			return out
		})
		out, err := predict.Call(batches[0].Inputs[0])
		if err != nil {
			t.Fatal(err)
		}
		batches[0].Labels = out
		p := m.problemIn(t, b, store, batches, training)
		g := columns(t, curvature.NewGaussNewton(p))
		checkMatrix(t, m.name+": G", g, columns(t, newHessian(t, p, curvature.Exact)), 1e-12)
		if f := mat.Norm(columns(t, curvature.NewEmpiricalFisher(p)), 2); f > 1e-20 {
			t.Errorf("%s: ‖F‖ = %g, want 0", m.name, f)
		}
	}
}

// A loss that the model adds by itself is not a function of the predictions.
func TestGaussNewtonRefusesFurtherMainLosses(t *testing.T) {
	b := testbackend.Go(t)
	m := mlp
	m.model = func(scope *model.Scope, spec any, in []*graph.Node) []*graph.Node {
		out := mlp.model(scope, spec, in)
		train.AddMainLoss(graph.ReduceAllMean(graph.Square(out[0])))
		return out
	}
	p, _ := m.problem(t, b, dtypes.Float64, evaluation)
	v := make([]float64, p.Dim())
	v[0] = 1
	dst := make([]float64, p.Dim())
	for name, op := range map[string]curvature.Operator{"GGN": curvature.NewGaussNewton(p),
		"Fisher": curvature.NewEmpiricalFisher(p)} {
		if err := op.Apply(context.Background(), dst, v); err == nil || !strings.Contains(err.Error(), "AddMainLoss") {
			t.Errorf("%s: error %v, want one that names train.AddMainLoss", name, err)
		}
	}
	checkMatrix(t, "its Hessian", columns(t, newHessian(t, p, curvature.Exact)), differences(t, p), 1e-8)
}

// After one step of Adam its second moment is (1 − β₂)g² and v̂ = g²: D = |g| + ε, exactly.
func TestAdamScales(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		testbackend.SkipRepeat(t, b) // TestAgainstJAX is XLA's case
		store := model.NewStore()
		obj := objective.New(mlp.model, mlp.loss)
		batches := mlp.data(dtypes.Float64, 3, 3)
		p := mlp.problemIn(t, b, store, batches, evaluation)
		g := make([]float64, p.Dim())
		if _, err := p.Gradient(context.Background(), g, nil); err != nil {
			t.Fatal(err)
		}
		o := curvature.AdamOptions{Scope: optimizer.AdamDefaultScope, Beta2: 0.999, Epsilon: 1e-3, Step: 1}
		if _, err := p.AdamScales(o); err == nil || !strings.Contains(err.Error(), "2nd_moment") {
			t.Errorf("before training: error %v, want one that names the missing moments", err)
		}
		trainer := train.NewTrainer(b, store, obj.ModelFn, obj.LossFn, optimizer.Adam().LearningRate(1e-3).Done(), nil, nil)
		if _, err := trainer.TrainStep(mlp.data(dtypes.Float64, 3, 3)[0]); err != nil {
			t.Fatal(err)
		}
		scales, err := p.AdamScales(o)
		if err != nil {
			t.Fatal(err)
		}
		h := newHessian(t, p, curvature.Exact)
		op, err := curvature.Preconditioned(h, scales)
		if err != nil {
			t.Fatal(err)
		}
		root := mat.NewDiagDense(p.Dim(), nil)
		for i := range g {
			want := 1 / math.Sqrt(math.Abs(g[i])+1e-3)
			checkClose(t, "scale", scales[i], want, 1e-9*want)
			root.SetDiag(i, want)
		}
		var want mat.Dense
		want.Product(root, columns(t, h), root)
		checkMatrix(t, "D^-½ H D^-½", columns(t, op), &want, 1e-9)
	})
}
