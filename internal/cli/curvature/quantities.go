package curvature

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/runlog"
)

// quantity is one number of a measurement.
type quantity struct {
	key, name string // for programs, for people
	value     float64
	unit      string
	residual  float64 // relative, of an eigenvalue; NaN for others
	deviation float64 // standard error, of an estimate; NaN for others
}

// plain is a quantity without a measure of its error.
func plain(key, name string, value float64) quantity {
	return quantity{key: key, name: name, value: value, residual: math.NaN(), deviation: math.NaN()}
}

// quantities are the numbers of a measurement.
func quantities(m runlog.Measurement) (list []quantity) {
	add := func(key, name string, value runlog.Number) *quantity {
		list = append(list, plain(key, name, value.Float()))
		return &list[len(list)-1]
	}
	switch {
	case m.Spectrum != nil:
		for i, value := range m.Spectrum.Values {
			q := add(fmt.Sprintf("lambda%d", i+1), fmt.Sprintf("λ%d", i+1), value)
			q.residual = m.Spectrum.Residuals[i].Float()
		}
		k := len(list)
		if k > 1 {
			add(fmt.Sprintf("lambda1_over_lambda%d", k), fmt.Sprintf("λ1/λ%d", k), runlog.Num(list[0].value/list[k-1].value))
		}
		if top, _ := strconv.Atoi(m.Settings["top"]); k < top {
			add("not_converged", "not converged: "+eigenvalues(k+1, top), runlog.Number{})
		}
		for _, e := range edgesAt(m) {
			list = append(list, plain(e.key, "edge "+e.name, e.value))
		}
	case m.Trace != nil:
		add("trace", "trace", m.Trace.Value).deviation = m.Trace.StandardError.Float()
	case m.Frobenius != nil:
		add("frobenius", "‖H‖_F", m.Frobenius.Value).deviation = m.Frobenius.StandardError.Float()
	case m.Density != nil:
		least, most, negative := densityFacts(m.Density)
		add("density_smallest", "density: smallest Ritz value", runlog.Num(least))
		add("density_largest", "density: largest Ritz value", runlog.Num(most))
		add("density_negative_percent", "density: share clearly below 0", runlog.Num(100*negative)).unit = " %"
	case m.Angles != nil:
		add("grad_norm", "‖g‖", m.Angles.GradNorm)
		for i, angle := range m.Angles.AngleDeg {
			add(fmt.Sprintf("angle%d_deg", i+1), fmt.Sprintf("angle of g to v%d", i+1), angle).unit = "°"
		}
		if len(m.Angles.AngleDeg) == 0 {
			break
		}
		add("span", fmt.Sprintf("share of ‖g‖ along v1 to v%d", len(m.Angles.AngleDeg)), m.Angles.Span)
	case len(m.Sharpness) > 0:
		for _, b := range m.Sharpness {
			add(fmt.Sprintf("rise_%s_%d", b.Ball, b.Steps), fmt.Sprintf("rise in %s ball, ρ %g, %d step%s",
				strings.ToUpper(b.Ball), b.Rho, b.Steps, plural(b.Steps)), b.Rise)
		}
	case len(m.Layers) > 0:
		for _, l := range m.Layers {
			if l.Converged {
				add("lambda_max "+l.Layer, "λmax of "+l.Layer, l.LambdaMax).residual = l.Residual.Float()
			} else {
				add("not_converged "+l.Layer, "not converged: λmax of "+l.Layer, runlog.Number{})
			}
		}
	case m.Landscape != nil:
		low, high := math.Inf(1), math.Inf(-1)
		for _, row := range m.Landscape.Loss {
			for _, loss := range row {
				if loss.Known() {
					low, high = min(low, loss.Float()), max(high, loss.Float())
				}
			}
		}
		what := fmt.Sprintf("landscape %s, %d points: ", m.Settings["landscape"], len(m.Landscape.X)*len(m.Landscape.Y))
		add("landscape_lowest", what+"lowest loss", runlog.Num(low))
		add("landscape_highest", what+"highest loss", runlog.Num(high))
	}
	return list
}

// eigenvalues names those from the k-th to the last.
func eigenvalues(k, last int) string {
	if k == last {
		return fmt.Sprintf("λ%d", k)
	}
	return fmt.Sprintf("λ%d to λ%d", k, last)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// clearly is the size of an eigenvalue, as a share of the largest, below which its sign may be that of rounding.
const clearly = 1e-3

// densityFacts are the ends of a density and the weight of its clearly negative part.
func densityFacts(d *runlog.Density) (least, most, negative float64) {
	c := curvature.Density{Nodes: d.Nodes, Weights: d.Weights}
	least, most = c.Range()
	below := c.Mean(func(lambda float64) float64 {
		if lambda < -clearly*max(most, -least) {
			return 1
		}
		return 0
	})
	return least, most, below.Value
}

// fruitless tells whether a search for eigenvalues has come to none.
func fruitless(m runlog.Measurement) bool {
	switch {
	case m.Spectrum != nil:
		return len(m.Spectrum.Values) == 0
	case m.Angles != nil:
		return len(m.Angles.AngleDeg) == 0
	default:
		return len(m.Layers) > 0 &&
			!slices.ContainsFunc(m.Layers, func(l runlog.LayerBlock) bool { return l.Converged })
	}
}
