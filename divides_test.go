package xsam_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// The losses of users divide by all sorts of things. A batch that is cut is updated as the undivided one, whatever that
// is, in every schedule.
func TestAccumulateDividesAsTheLossDoes(t *testing.T) {
	b := testbackend.Go(t)
	square := func(l, p []*graph.Node) *graph.Node { return graph.Square(graph.Sub(p[0], l[0])) }
	float := func(x *graph.Node) *graph.Node { return graph.ConvertDType(x, dtypes.Float64) }
	mask, weights := []bool{true, true, true, false}, []float64{1, 2, 0.25, 4}
	for name, c := range map[string]struct {
		loss  train.LossFn
		data  data
		tells func(*objective.Objective) *objective.Objective
		rest  bool // the model adds a regularisation
	}{
		"all rows by those that count": {data: four([]bool{true, true, false, false}),
			loss: func(l, p []*graph.Node) *graph.Node {
				return graph.Div(graph.ReduceAllSum(square(l, p)), graph.ReduceAllSum(float(l[1])))
			}},
		"or 0 where none do": {data: four([]bool{true, true, false, false}), loss: func(l, p []*graph.Node) *graph.Node {
			n := graph.ReduceAllSum(float(l[1]))
			zero := graph.ScalarZero(n.Graph(), n.DType())
			return graph.Where(graph.Equal(n, zero), zero, graph.Div(graph.ReduceAllSum(square(l, p)), n))
		}},
		"guarded in what is said": {data: four([]bool{true, true, false, false}), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.ReduceAllSum(square(l, p)), graph.MaxScalar(graph.ReduceAllSum(float(l[1])), 1))
		}, tells: func(o *objective.Objective) *objective.Objective {
			return o.DividedBy(func(l, _ []*graph.Node) *graph.Node {
				return graph.MaxScalar(graph.ReduceAllSum(float(l[1])), 1)
			})
		}},
		"a mask of ones": {data: four(), loss: func(l, p []*graph.Node) *graph.Node {
			s := square(l, p)
			return graph.Div(graph.ReduceAllSum(s), graph.ReduceAllSum(graph.OnesLike(s)))
		}},
		"a shared temperature": {data: four(tensors.FromScalar(0.5)), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Mul(l[1], graph.ReduceAllMean(square(l, p)))
		}, tells: func(o *objective.Objective) *objective.Objective { return o.SharedLabels(1) }},
		"a column for a mask": {data: four(mask), loss: func(l, p []*graph.Node) *graph.Node {
			m := graph.ExpandAxes(float(l[1]), -1)
			return graph.Div(graph.ReduceSum(graph.Mul(graph.ExpandAxes(square(l, p), -1), m), 0), graph.ReduceSum(m, 0))
		}},
		"a mean over the rows first": {data: four(), loss: func(l, p []*graph.Node) *graph.Node {
			s := square(l, p)
			return graph.ReduceMean(graph.Stack([]*graph.Node{s, graph.Square(s)}, 1), 0)
		}},
		"a mean over a mean": {data: four(weights), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.ReduceAllMean(graph.Mul(square(l, p), l[1])), graph.ReduceAllMean(l[1]))
		}},
		"two losses, one mask": {data: four(mask), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Add(loss.MeanSquaredError(l, p), loss.MeanAbsoluteError(l, p))
		}},
		"an empty half and a regularisation": {data: four([]bool{true, true, false, false}), rest: true,
			loss: loss.MeanSquaredError},
		"smoothed count and a regularisation": {data: four(mask), rest: true, loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), float(l[1]))),
				graph.AddScalar(graph.ReduceAllSum(float(l[1])), 1))
		}},
		"a sum and a regularisation": {data: four(), rest: true, loss: func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceAllSum(square(l, p))
		}, tells: (*objective.Objective).Sum},

		"one loss a row":  {loss: square, data: four()},
		"mean":            {loss: loss.MeanSquaredError, data: four()},
		"GoMLX's mask":    {loss: loss.MeanSquaredError, data: four(mask)},
		"GoMLX's weights": {loss: loss.MeanSquaredError, data: four(weights)},
		"both":            {loss: loss.MeanAbsoluteError, data: four(weights, mask)},
		"an empty half, 0/0": {data: four([]bool{true, true, false, false}), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), float(l[1]))), graph.ReduceAllSum(float(l[1])))
		}},
		"an empty half": {loss: loss.MeanSquaredError, data: four([]bool{true, true, false, false})},
		"tokens counted": {data: four(mask), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), float(l[1]))),
				graph.AddScalar(graph.ReduceAllSum(float(l[1])), 1e-9))
		}},
		"divided by the weights": {data: four(weights), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), l[1])), graph.ReduceAllSum(l[1]))
		}},
		"times one over the weights": {data: four(weights), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Mul(graph.ReduceAllSum(graph.Mul(square(l, p), l[1])), graph.Reciprocal(graph.ReduceAllSum(l[1])))
		}},
		"as a contraction": {data: four(weights), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.Einsum("b,b->", square(l, p), l[1]), graph.ReduceAllSum(l[1]))
		}},
		"smoothed count": {data: four(mask), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.MulScalar(graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), float(l[1]))),
				graph.AddScalar(graph.ReduceAllSum(float(l[1])), 1)), 0.5)
		}},
		"a guard": {data: four(mask), loss: func(l, p []*graph.Node) *graph.Node {
			n := graph.ReduceAllSum(float(l[1]))
			zero := graph.ScalarZero(n.Graph(), n.DType())
			sum := graph.ReduceAllSum(graph.Mul(square(l, p), float(l[1])))
			return graph.Where(graph.GreaterThan(n, zero), graph.Div(sum, graph.MaxScalar(n, 1)), zero)
		}},
		"a sum, said so": {data: four(), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceAllSum(square(l, p))
		}, tells: (*objective.Objective).Sum},
		"said by the user": {data: four(weights), loss: func(l, p []*graph.Node) *graph.Node {
			share := graph.Div(l[1], graph.ReduceAllSum(l[1]))
			return graph.ReduceAllSum(graph.Mul(square(l, p), share))
		}, tells: func(o *objective.Objective) *objective.Objective {
			return o.DividedBy(func(l, _ []*graph.Node) *graph.Node { return graph.ReduceAllSum(l[1]) })
		}},
	} {
		for method, config := range everySchedule() {
			if config.By == xsam.ByExact && config.Alpha > 0 {
				continue
			}
			t.Run(name+"/"+method, func(t *testing.T) {
				obj := bent(c.loss, nil)
				if c.rest {
					obj = bent(c.loss, func(_ *model.Scope, g *graph.Graph, w *model.Variable) {
						train.AddRegularizationLoss(graph.ReduceAllSum(graph.Square(w.NodeValue(g))))
					})
				}
				if c.tells != nil {
					obj = c.tells(obj)
				}
				p := program{backend: b, obj: obj, config: config, data: c.data}
				whole := model.NewStore()
				if _, err := p.run(whole, 7); err != nil {
					t.Fatal(err)
				}
				for _, p.micro = range []int{2, 4} {
					cut := model.NewStore()
					if _, err := p.run(cut, 7); err != nil {
						t.Fatal(err)
					}
					if got, want := float64s(cut, "/w"), float64s(whole, "/w"); !near(got, want, 1e-9) {
						t.Errorf("in %d parts %v, undivided %v", p.micro, got, want)
					}
				}
			})
		}
	}
}
