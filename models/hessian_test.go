package models_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
)

// Hessian-vector products of whole models, in training mode, against central differences of the gradient, in float64.
//
// L = Σ sin(logits)/4 on four images, along the direction u that has cos(i) at the model's i-th parameter. The
// weights are moved by h = 1e-7 along u: a ReLU or a maximum that changes sides there would show as an error of size
// 1; rounding in gradients of size 1 gives 1e-16/1e-7 = 1e-9 (0.3e-9 to 0.7e-9 seen). Deeper models cross such a
// point at this h.
func TestHessianVectorProduct(t *testing.T) {
	const h = 1e-7
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for _, name := range []string{"mlp", "cnn", "resnet8", "vgg11-bn-narrow", "mixer", "vit"} {
			t.Run(name, func(t *testing.T) {
				if name == "resnet8" && testbackend.Compiled(t, b) || name == "vgg11-bn-narrow" {
					testbackend.SkipSlow(t)
				}
				if name != "cnn" && name != "resnet8" && name != "vit" { // whose layers those have
					testbackend.SkipRepeat(t, b)
				}
				m, store := mustNew(t, small(name)), model.NewStore()
				e := model.MustNewExec(b, store, func(scope *model.Scope, x, step *graph.Node) []*graph.Node {
					g := x.Graph()
					store.SetTraining(g, true)
					m.Graph(scope.ResetVisited(), nil, []*graph.Node{x}) // so that the variables exist
					var vs []*model.Variable
					for v := range scope.IterVariables() {
						if v.Trainable {
							vs = append(vs, v)
						}
					}
					var w, u []*graph.Node
					first := 0
					for _, v := range vs {
						index := graph.AddScalar(graph.IotaFull(g, v.Shape()), float64(first))
						first += v.Shape().Size()
						u = append(u, graph.Cos(index))
						w = append(w, graph.Add(v.NodeValue(g), graph.Mul(step, u[len(u)-1])))
						v.SetNodeValue(w[len(w)-1])
					}
					logits := m.Graph(scope, nil, []*graph.Node{x})[0]
					loss := graph.MulScalar(graph.ReduceAllSum(graph.Sin(logits)), 0.25)
					gradient := graph.Gradient(loss, w...)
					slope := graph.ScalarZero(g, loss.DType())
					for i := range gradient {
						slope = graph.Add(slope, graph.ReduceAllSum(graph.Mul(gradient[i], u[i])))
					}
					product := graph.Gradient(slope, w...)
					for i, v := range vs {
						v.SetNodeValue(g.GetParameterByName(v.Path()))
						gradient[i], product[i] = graph.Reshape(gradient[i], -1), graph.Reshape(product[i], -1)
					}
					return []*graph.Node{graph.Concatenate(gradient, 0), graph.Concatenate(product, 0)}
				})
				at := func(step float64) (gradient, product []float64) {
					outputs, err := e.Call(images(m.Config(), 4), step)
					if err != nil {
						t.Fatal(err)
					}
					return tensors.MustCopyFlatData[float64](outputs[0]), tensors.MustCopyFlatData[float64](outputs[1])
				}
				_, product := at(0)
				up, _ := at(h)
				down, _ := at(-h)
				var off, size float64
				for i := range product {
					want := (up[i] - down[i]) / (2 * h)
					off += (product[i] - want) * (product[i] - want)
					size += want * want
				}
				if !(size > 0) || !(math.Sqrt(off/size) < 1e-6) {
					t.Errorf("∇²L u is off by %.3g of its length %.3g", math.Sqrt(off/size), math.Sqrt(size))
				}
			})
		}
	})
}
