package program

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"

	"github.com/xsam-go/xsam"
)

// Warning is what is not as it should be with the parameters of the method, though they can be run; "" for nothing.
func (p *Program) Warning() string {
	c := p.Optimizer.Config()
	const radius = 0.1
	if p.compute == dtypes.BFloat16 && c.Refresh.Every > 0 && c.By != xsam.ByExact && c.Form == xsam.Oriented &&
		c.Alpha > 0 && c.ProbeRadius < radius {
		return fmt.Sprintf("%s: with activations in bfloat16 a pair of radius %v often gets the sign of dλ/dv wrong: "+
			"want --probe-radius %v or more, or --dtype float32", p.recipe.Method, c.ProbeRadius, radius)
	}
	return ""
}
