package xsam

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"
)

// The points w ± r v of a pair are rounded to what the type of the weights can hold, to within half a relative
// spacing ε of each. With a radius r far below ε‖w‖ they are both w, and λ, the residual and dλ/dv are made of
// rounding alone.

// checkRadius says so, once for a store, since it has to read the weights, and early, since weights that have diverged
// are longer than any radius. It does not where no graph of this optimizer was built, nor where the weights are in half
// precision or not in one piece.
func (o *Optimizer) checkRadius(store *model.Store, step int64) error {
	if !o.config.refreshes() || o.config.By == ByExact || step > int64(o.config.From)+10 {
		return nil
	}
	var square, spacing float64
	for _, v := range o.tracker(store).latestOnce() {
		value, err := v.Value()
		if err != nil {
			return nil
		}
		w, err := floats(value)
		if err != nil {
			return nil
		}
		square, spacing = square+squares(w), max(spacing, spacingOf(v.DType()))
	}
	const diverged = 1e6 // a length that says more about the training than about the radius
	length := math.Sqrt(square)
	if least := spacing * length / 16; length < diverged && !(o.config.ProbeRadius >= least) {
		return fmt.Errorf("xsam: Config.ProbeRadius = %v: at w ± r v weights of length %.3g are rounded back to w, and λ "+
			"is made of rounding alone: want more than %.2g, by far", o.config.ProbeRadius, length, least)
	}
	return nil
}

// spacingOf is the relative distance of neighbouring numbers of a type that floats reads.
func spacingOf(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float64 {
		return 0x1p-52
	}
	return 0x1p-23
}
