package forward

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// joined compares the whole with what two parts give together, and with their sum.
type joined struct{ size, apart, asSum *graph.Node }

// verdict compares the loss of the whole and its gradient with those of the parts. Main and the rest are compared
// separately, so that one does not hide the other.
func (c comparison) verdict(gradient func(loss *graph.Node) []*graph.Node) (Verdict, error) {
	total, g := c.whole.Total, c.whole.Total.Graph()
	var divisors []Divisor
	for _, part := range c.parts {
		d, err := part.Divisor()
		if err != nil {
			return Verdict{}, err
		}
		divisors = append(divisors, d)
	}
	sums := slices.Clone(divisors[0].Sums)
	for i := range sums {
		sums[i] = graph.Add(sums[i], divisors[1].Sums[i])
	}
	all := divisors[1].At(sums)
	data := c.whole.data()
	zero, one := graph.ScalarZero(g, dtypes.Float64), graph.Scalar(g, dtypes.Float64, 1)
	v := Verdict{Apart: zero, AsSum: zero, Seen: zero, Slope: zero, Rounding: 10 * toleranceOf(total)}
	tolerance := graph.Scalar(g, dtypes.Float64, toleranceOf(total))
	for _, of := range []func(Value) *graph.Node{
		func(v Value) *graph.Node { return v.Main },
		func(v Value) *graph.Node { return v.Extra },
	} {
		loss := of(c.whole)
		if loss == nil || !data.reaches(loss) {
			continue
		}
		compare := func(what func(loss *graph.Node) []*graph.Node) joined {
			whole := what(c.divisor.whole(loss))
			var parts [][]*graph.Node
			var weights []*graph.Node
			for i, part := range c.parts {
				parts = append(parts, what(divisors[i].Part(of(part))))
				weights = append(weights, graph.Div(divisors[i].Value, all))
			}
			return compareParts(whole, parts, weights)
		}
		loss64 := compare(func(loss *graph.Node) []*graph.Node { return []*graph.Node{loss} })
		slope := compare(gradient)
		for _, j := range []joined{loss64, slope} {
			v.Apart = graph.Max(v.Apart, graph.Div(relative(j.apart, j.size), tolerance))
			v.AsSum = graph.Max(v.AsSum, graph.Div(relative(j.asSum, j.size), tolerance))
		}
		v.Slope = graph.Max(v.Slope, slope.size)
		v.Seen = graph.Max(v.Seen, graph.Where(graph.GreaterThan(slope.size, zero), one, zero))
	}
	if c.sum { // not declared, and visible without a gradient too
		nothing := graph.Equal(v.Seen, zero)
		v.Apart, v.Seen = graph.Where(nothing, graph.AddScalar(one, 1), v.Apart), one
	}
	finite := graph.And(graph.IsFinite(v.Apart), graph.IsFinite(v.AsSum))
	for _, x := range []**graph.Node{&v.Apart, &v.AsSum, &v.Seen} {
		*x = graph.Where(finite, *x, zero)
	}
	return v, nil
}

// compareParts compares vectors: the whole one with Σ wᵢ·xᵢ and with Σ xᵢ.
func compareParts(whole []*graph.Node, parts [][]*graph.Node, weights []*graph.Node) joined {
	g := whole[0].Graph()
	zero := graph.ScalarZero(g, dtypes.Float64)
	square := func(x *graph.Node) *graph.Node {
		return graph.ReduceAllSum(graph.Square(graph.ConvertDType(x, dtypes.Float64)))
	}
	size, apart, asSum := zero, zero, zero
	norms := []*graph.Node{zero, zero}
	for k := range whole {
		x := graph.ConvertDType(whole[k], dtypes.Float64)
		mean, sum := graph.ZerosLike(x), graph.ZerosLike(x)
		for i, part := range parts {
			nothing := graph.Equal(weights[i], graph.ZerosLike(weights[i]))
			p := graph.ConvertDType(part[k], dtypes.Float64)
			p = graph.Where(graph.BroadcastToShape(nothing, p.Shape()), graph.ZerosLike(p), p)
			weighed := graph.Mul(graph.ConvertDType(weights[i], dtypes.Float64), p)
			mean, sum = graph.Add(mean, weighed), graph.Add(sum, p)
			norms[i] = graph.Add(norms[i], square(weighed))
		}
		size = graph.Add(size, square(x))
		apart = graph.Add(apart, square(graph.Sub(x, mean)))
		asSum = graph.Add(asSum, square(graph.Sub(x, sum)))
	}
	return joined{size: graph.Max(graph.Sqrt(size), graph.Add(graph.Sqrt(norms[0]), graph.Sqrt(norms[1]))),
		apart: graph.Sqrt(apart), asSum: graph.Sqrt(asSum)}
}

// relative is x/size, and 0 where size is 0.
func relative(x, size *graph.Node) *graph.Node {
	nothing := graph.Equal(size, graph.ZerosLike(size))
	return graph.Where(nothing, graph.ZerosLike(x), graph.Div(x, graph.Where(nothing, graph.OnesLike(size), size)))
}

// toleranceOf is the relative difference that rounding may make between equal values, from the least precise type that
// a loss is made of.
func toleranceOf(loss *graph.Node) float64 {
	tolerance := 1e-7
	for n := range madeOf(loss) {
		switch n.DType() { // of several outputs there is none
		case dtypes.Float32:
			tolerance = max(tolerance, 1e-3)
		case dtypes.Float16, dtypes.BFloat16:
			tolerance = 3e-2
		}
	}
	return tolerance
}
