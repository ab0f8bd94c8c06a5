package xsam

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// MaxLambda is a bound that λ is to be kept under: above 0 its value; below 0 a share of the edge of stability, which
// Config.UnderEdge puts a value in place of: −0.5 is half of it. 0 is no bound. Its text is the value, or "edge:0.5".
//
// While λ is near the bound or above it the ascent gets longer: at every refresh, with h = Hv and B = 0.85 MaxLambda,
//
//	λ̄ ← 0.8 λ̄ + 0.2 ‖h‖                        from the first ‖h‖ on; where λ < 0 it stays, since λmax is not known
//	m ← min(max(m·(λ̄/B)^0.1, 1), 16)            from 1 on; with pairs alone at most 4
//
// and all ascents have the radius ρ·m, without ascents pairs the radius r·m, the correction α·m where α < 1, at most 1.
// With λ̄ below B m falls back, to 1 at least: where B is kept without it nothing changes but what XLA rounds otherwise
// in another program. ‖h‖, between |λ| and the largest eigenvalue of the batch in magnitude, is nearer to λmax of all
// the data than λ, which v lags behind. Without a bound λmax was 0.79 to 1.12 times λ̄, and B leaves room for that;
// under a strong one, with residuals above 2, 0.60 to 0.83 times (docs/algorithm.md): there it is kept with room to
// spare. Where v stays far from the dominant eigenvector, as on a small ViT, λmax is above λ̄ and the bound does not
// hold (docs/studies/max-lambda.md). StepStats has λ̄, m and, where m is at its most and λ̄ above the bound,
// OutOfReach; λmax may be under it.
type MaxLambda float64

const (
	limitMemory = 0.8
	limitGain   = 0.1
	limitAim    = 0.85 // B/MaxLambda
	limitMost   = 16   // with ascents
	limitPairs  = 4    // with pairs alone; with longer ones trainings collapse
)

func (m MaxLambda) String() string {
	if m < 0 {
		return "edge:" + strconv.FormatFloat(-float64(m), 'g', -1, 64)
	}
	return strconv.FormatFloat(float64(m), 'g', -1, 64)
}

// MarshalText and UnmarshalText are the texts of flags and records.
func (m MaxLambda) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

func (m *MaxLambda) UnmarshalText(text []byte) error {
	share, edge := strings.CutPrefix(string(text), "edge:")
	value, err := strconv.ParseFloat(share, 64)
	if err != nil || !(value >= 0) || edge && value == 0 {
		return fmt.Errorf("xsam: bound %q on λ: want a number, 0 or more, or a share of the edge, such as edge:0.5", text)
	}
	if *m = MaxLambda(value); edge {
		*m = -*m
	}
	return nil
}

// UnderEdge returns the configuration with a bound that is a share of the edge of stability in numbers: of 2/η for
// plain descent at the learning rate η, of 2(1 + β)/η with momentum β.
func (c Config) UnderEdge(edge float64) Config {
	if c.MaxLambda < 0 {
		c.MaxLambda = MaxLambda(-float64(c.MaxLambda) * edge)
	}
	return c
}

// Entries of the variable.
const (
	limitLambda   = iota // λ̄; NaN before the first refresh
	limitStrength        // m
	limitEntries
)

// noLimit is the variable before the first refresh.
func noLimit() []float64 { return []float64{math.NaN(), 1} }

// openLimit returns the variable, of the type of the measurements.
func openLimit(h home, like *model.Variable) *model.Variable {
	return h.variable("limit", like.DType(), []int{limitEntries}, noLimit())
}

// strength is m as it is when the step begins; nil without a bound.
func (c Config) strength(h home, g *graph.Graph) *graph.Node {
	if c.MaxLambda == 0 {
		return nil
	}
	return entry(openLimit(h, h.store.GetVariable(h.path("refresh"))).NodeValue(g), limitStrength)
}

// mostStrength is the largest m.
func (c Config) mostStrength() float64 {
	if c.ascends() {
		return limitMost
	}
	return limitPairs
}

// pairRadius is the r of a pair, r·m where the pairs are the only ascents.
func (c Config) pairRadius(h home, g *graph.Graph, dtype dtypes.DType) *graph.Node {
	r := graph.Scalar(g, dtype, c.ProbeRadius)
	if m := c.strength(h, g); m != nil && !c.ascends() {
		r = graph.Mul(r, graph.ConvertDType(m, dtype))
	}
	return r
}

// limit takes the ‖h‖ of a refresh, |λ|·√(1 + residual²), into λ̄ and m.
func (s *step) limit(e *estimate) {
	if s.config.MaxLambda == 0 {
		return
	}
	v := openLimit(s.home, s.state.refresh)
	old, lambda := v.NodeValue(s.g), graph.ConvertDType(e.lambda, v.DType())
	unknown := graph.Scalar(s.g, v.DType(), math.NaN())
	size := graph.Mul(lambda, graph.Sqrt(graph.AddScalar(graph.Square(graph.ConvertDType(e.residual, v.DType())), 1)))
	lambda = graph.Where(graph.LessThan(lambda, graph.ZerosLike(lambda)), unknown, size)
	mean, m := entry(old, limitLambda), entry(old, limitStrength)
	next := graph.Add(graph.MulScalar(mean, limitMemory), graph.MulScalar(lambda, 1-limitMemory))
	next = graph.Where(graph.IsFinite(mean), next, lambda)
	next = graph.Where(graph.IsFinite(lambda), next, mean)
	share := graph.DivScalar(next, limitAim*float64(s.config.MaxLambda))
	stronger := graph.Mul(m, graph.Pow(share, graph.Scalar(s.g, v.DType(), limitGain)))
	stronger = graph.MinScalar(graph.MaxScalar(stronger, 1), s.config.mostStrength())
	v.SetNodeValue(graph.Stack([]*graph.Node{next, graph.Where(graph.IsFinite(stronger), stronger, m)}, 0))
}

// limited reads λ̄ and m; 0 and 1 without a bound.
func (o *Optimizer) limited(h home) (lambda, strength float64, err error) {
	if o.config.MaxLambda == 0 || h.store.GetVariable(h.path("limit")) == nil {
		return 0, 1, nil
	}
	entries, err := readState(h, "limit")
	if err != nil {
		return 0, 0, err
	}
	return entries[limitLambda], entries[limitStrength], nil
}
