package models_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models"
)

// Gradients and Hessian-vector products of whole models in float32, on the engine that users have, against float64.
// Batches are as large as in training: from a size on libraries compute products and convolutions, and one of them was
// wrong (docs/decisions/001-engine.md). Rounding is below 1e-5; where it moves a ReLU to its other side, 3e-3 was seen.
func TestFloat32(t *testing.T) {
	testbackend.SkipSlow(t)
	b := testbackend.XLA(t)
	names := []string{"mlp", "cnn", "resnet8", "wrn16-1", "alexnet-narrow", "vgg11-bn-narrow", "mixer", "vit"}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			if name != "vit" {
				testbackend.SkipRepeat(t, b)
			}
			both := func(dtype dtypes.DType) (gradient, product []float64) {
				c := models.Config{Name: name, Height: 16, Width: 16, Channels: 1, Classes: 10, Seed: 5, DType: dtype}
				m, store := mustNew(t, c), model.NewStore()
				e := model.MustNewExec(b, store, func(scope *model.Scope, x *graph.Node) []*graph.Node {
					g := x.Graph()
					store.SetTraining(g, true)
					logits := m.Graph(scope, nil, []*graph.Node{graph.ConvertDType(x, dtype)})[0]
					loss := graph.ReduceAllMean(graph.Sin(logits))
					var w []*graph.Node
					for v := range scope.IterVariables() {
						if v.Trainable {
							w = append(w, v.NodeValue(g))
						}
					}
					gs := graph.Gradient(loss, w...)
					slope := graph.ScalarZero(g, loss.DType())
					for i := range gs {
						u := graph.Cos(graph.IotaFull(g, w[i].Shape()))
						slope = graph.Add(slope, graph.ReduceAllSum(graph.Mul(gs[i], u)))
					}
					hs := graph.Gradient(slope, w...)
					for i := range gs {
						gs[i] = graph.ConvertDType(graph.Reshape(gs[i], -1), dtypes.Float64)
						hs[i] = graph.ConvertDType(graph.Reshape(hs[i], -1), dtypes.Float64)
					}
					return []*graph.Node{graph.Concatenate(gs, 0), graph.Concatenate(hs, 0)}
				})
				out, err := e.Call(images(c, 64))
				if err != nil {
					t.Fatal(err)
				}
				return tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])
			}
			gradient, product := both(dtypes.Float32)
			wantGradient, wantProduct := both(dtypes.Float64)
			g, h := distance(gradient, wantGradient), distance(product, wantProduct)
			t.Logf("gradient off by %.1e of its length, product by %.1e", g, h)
			if !(g < 1e-3) || !(h < 1e-2) {
				t.Errorf("gradient off by %.3g of its length, product by %.3g", g, h)
			}
		})
	}
}

// Products of attention in float32, each with up to three terms added, against float64: that library was wrong by as
// much as the product's size where two were added to a product whose axes are reordered.
func TestProductsInFloat32(t *testing.T) {
	const n, heads, tokens, width, numbers = 20, 4, 16, 16, 20 * 4 * 16 * 16
	random := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, numbers)
	for i := range x {
		x[i] = random.NormFloat64()
	}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, equation := range []string{"bhij,bjhd->bihd", "bhji,bjhd->bihd", "bhij,bjhd->bhid", "bhji,bjhd->bhid"} {
			for added := range 4 {
				result := func(dtype dtypes.DType) []float64 {
					e := graph.MustNewExec(b, func(x *graph.Node) *graph.Node {
						x = graph.ConvertDType(x, dtype)
						weights := graph.Sin(graph.Reshape(x, n, heads, tokens, tokens))
						y := graph.Einsum(equation, weights, graph.Cos(graph.Reshape(x, n, tokens, heads, width)))
						for i := range added {
							y = graph.Add(y, graph.Exp(graph.MulScalar(graph.Reshape(x, y.Shape().Dimensions...), 0.1+float64(i))))
						}
						return graph.ConvertDType(graph.Reshape(y, -1), dtypes.Float64)
					})
					out, err := e.Call(x)
					if err != nil {
						t.Fatal(err)
					}
					return tensors.MustCopyFlatData[float64](out[0])
				}
				if off := distance(result(dtypes.Float32), result(dtypes.Float64)); !(off < 1e-5) {
					t.Errorf("%s and %d terms: off by %.2g of its length", equation, added, off)
				}
			}
		}
	})
}

// distance is ‖a − b‖/‖b‖.
func distance(a, b []float64) float64 {
	var off, size float64
	for i := range b {
		off += (a[i] - b[i]) * (a[i] - b[i])
		size += b[i] * b[i]
	}
	return math.Sqrt(off / size)
}
