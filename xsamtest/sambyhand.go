package xsamtest

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/optim"
)

// samByHand makes SAM's step out of two gradients that plain gradient descent with learning rate 1 shows.
func samByHand(p Program) Finding {
	const rho = 0.05
	begun := p.store()
	if err := p.plain(begun, still(), 1); err != nil {
		return failed(err)
	}
	w, err := weights(begun)
	if err != nil {
		return failed(err)
	}
	g, err := p.gradientAt(begun, w)
	if err != nil {
		return failed(err)
	}
	var square float64
	for _, part := range g {
		for _, x := range part {
			square += x * x
		}
	}
	there, err := p.gradientAt(begun, sum(w, rho/math.Sqrt(square), g))
	if err != nil {
		return failed(err)
	}
	store := p.at(begun, w)
	config := xsam.SAMConfig()
	config.Rho = rho
	got, err := trained(store, p.with(store, optim.SGD(1).Done(), config, 0, 1, 0))
	if err != nil {
		return failed(err)
	}
	return compare(got, sum(w, -1, there), p.tolerance(store), "the second pass does not see what the first one saw: "+
		"look for state outside the store, or random numbers that do not come from it")
}

// still is an optimizer that leaves the weights where they are.
func still() optimizer.Interface {
	return optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(0)
}

// sum is x + a·y.
func sum(x map[string][]float64, a float64, y map[string][]float64) map[string][]float64 {
	out := map[string][]float64{}
	for path, part := range x {
		out[path] = make([]float64, len(part))
		for i := range part {
			out[path][i] = part[i] + a*y[path][i]
		}
	}
	return out
}

// at is a new store with the weights w, in the types of those of like.
func (p Program) at(like *model.Store, w map[string][]float64) *model.Store {
	store := p.store()
	for v := range like.IterVariables() {
		part, ok := w[v.Path()]
		if !ok || store.GetVariable(v.Path()) != nil {
			continue
		}
		value := tensors.FromFlatDataAndDimensions(part, v.Shape().Dimensions...)
		if v.DType() == dtypes.Float32 {
			narrow := make([]float32, len(part))
			for i, x := range part {
				narrow[i] = float32(x)
			}
			value = tensors.FromFlatDataAndDimensions(narrow, v.Shape().Dimensions...)
		}
		store.VariableWithValue(v.Path(), value)
	}
	return store
}

// gradientAt is the gradient of the first batch at w: what a step of rate 1 moves.
func (p Program) gradientAt(like *model.Store, w map[string][]float64) (map[string][]float64, error) {
	store := p.at(like, w)
	after, err := trained(store, p.plain(store, optim.SGD(1).Done(), 1))
	if err != nil {
		return nil, err
	}
	for path := range w {
		if _, ok := after[path]; !ok {
			return nil, fmt.Errorf("xsamtest: parameter %s is not trained any more after a step", path)
		}
	}
	return sum(w, -1, after), nil
}
