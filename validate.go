package xsam

import (
	"errors"
	"fmt"
	"math"
)

// What is counted in steps is at most mostSteps, so that no sum of two overflows; the products of a refresh stand in
// one graph, one after the other.
const (
	mostSteps    = math.MaxInt32
	mostProducts = 1000
)

// Validate reports every field that is out of its range, and a radius or a strength that no step would use, joined into
// one error. What the other fields leave without effect is looked at too.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("xsam: Config."+format, args...))
		}
	}
	size := func(x float64) bool { return x >= 0 && x <= math.MaxFloat32 } // not NaN, either
	count := func(n int) bool { return n >= 0 && n <= mostSteps }
	a, r, d := c.Ascent, c.Refresh, c.Correction

	check(count(c.From) || c.From == LastFifth, "From = %d: want a step, 0 to %d, or LastFifth", c.From, mostSteps)
	check(c.To == 0 || c.To > c.From && c.From >= 0 && count(c.To),
		"To = %d with From = %d: want a step after From, %d at most, or 0 for no end", c.To, c.From, mostSteps)

	check(size(a.Rho), "Rho = %v: want a finite Rho ≥ 0 (0 turns the ascent off)", a.Rho)
	check(count(a.Every), "Ascent.Every = %d: want 0 (never) to %d (every so many steps)", a.Every, mostSteps)
	check(!(a.Rho > 0 && a.Every == 0),
		"Rho = %v with Ascent.Every = 0: no step ascends; want Rho = 0, or Ascent.Every = 1 or more", a.Rho)
	check(size(a.Eta), "Eta = %v: want a finite Eta ≥ 0", a.Eta)
	check(size(a.Reuse), "Reuse = %v: want a finite Reuse ≥ 0 (0 turns it off)", a.Reuse)
	check(!(a.Reuse > 0 && (a.Every == 0 || a.Rho == 0 || a.Local)),
		"Reuse = %v with Ascent.Every = %d, Rho = %v, Local = %v: "+
			"want ascents of the whole batch, or there is nothing to reuse", a.Reuse, a.Every, a.Rho, a.Local)

	ascends := c.ascends()
	check(size(a.Less), "Less = %v: want a finite Less ≥ 0 (0 leaves the gradient as it is)", a.Less)
	check(a.Decay >= 0 && a.Decay < 1, "Decay = %v with Less = %v: want 0 ≤ Decay < 1", a.Decay, a.Less)
	check(a.Less == 0 || ascends && a.Along == AlongGradient && !a.Local,
		"Less = %v with Ascent.Every = %d, Rho = %v, Along = %v, Local = %v: want ascents along the gradient of the whole "+
			"batch, since it is that which has an average", a.Less, a.Every, a.Rho, a.Along, a.Local)
	check(size(a.Mix), "Mix = %v: want a finite Mix ≥ 0 (0 leaves v out of the ascent)", a.Mix)
	check(a.Mix == 0 || ascends && !a.Adaptive && r.Every != 0,
		"Mix = %v with Ascent.Every = %d, Rho = %v, Adaptive = %v, Refresh.Every = %d: "+
			"want ascents in the units of the weights, and a v", a.Mix, a.Every, a.Rho, a.Adaptive, r.Every)
	check(a.Mix == 0 || r.By == ByPair || r.By == ByExact && a.Along == AlongGradient,
		"Mix = %v with Refresh.By = %v, Along = %v: want ByPair, or ByExact along the gradient: "+
			"the ascent needs v before the other refreshes have it", a.Mix, r.By, a.Along)
	check(maskNames.has(int(a.Of)), "Of = %d: want AllParameters, WeightsOnly or NormsOnly", int(a.Of))
	check(a.Of == AllParameters || ascends, "Of = %v with Ascent.Every = %d, Rho = %v: no step ascends; "+
		"want AllParameters, or ascents", a.Of, a.Every, a.Rho)

	check(alongNames.has(int(a.Along)), "Along = %d: want AlongGradient, AlongMomentum or AlongMotion", int(a.Along))
	check(!a.byMomentum() || !a.Adaptive && a.Reuse == 0 && !a.Local && r.By != ByThreePoint && c.Length != Clean,
		"Along = %v with Adaptive = %v, Reuse = %v, Local = %v, Refresh.By = %v, Length = %v: want none of these, "+
			"since such a step has no clean gradient", a.Along, a.Adaptive, a.Reuse, a.Local, r.By, c.Length)

	check(estimatorNames.has(int(r.By)), "Refresh.By = %d: want ByPair, ByThreePoint or ByExact", int(r.By))
	check(count(r.Every), "Refresh.Every = %d: want 0 (never) to %d (every so many steps)", r.Every, mostSteps)
	check(r.EpochSteps == 0 || r.EpochSteps > r.Every && r.Most == 0 && count(r.EpochSteps),
		"EpochSteps = %d with Refresh.Every = %d, Most = %d: "+
			"want 0 (the phase is never counted anew), or more than Refresh.Every and a fixed interval", r.EpochSteps, r.Every,
		r.Most)
	check(r.Most == 0 || r.Most >= r.Every && r.Every > 0 && count(r.Most), "Most = %d with Refresh.Every = %d: "+
		"want 1 ≤ Refresh.Every ≤ Most, and %d at most, or 0 for a fixed interval", r.Most, r.Every, mostSteps)
	check(size(r.Tolerance) && (r.Most <= 0 || r.Tolerance > 0),
		"Tolerance = %v with Most = %d: want a finite tolerance above 0", r.Tolerance, r.Most)
	check(count(r.Warmup), "Refresh.Warmup = %d: want 0 to %d refreshes", r.Warmup, mostSteps)
	check(size(r.ProbeRadius) && (r.Every == 0 || r.By == ByExact || r.ProbeRadius > 0),
		"ProbeRadius = %v: want a finite radius above 0: the pair of gradients is taken at w ± r v", r.ProbeRadius)
	check(r.PowerSteps >= 0 && r.PowerSteps <= mostProducts && (r.Every == 0 || r.By != ByExact || r.PowerSteps >= 1),
		"PowerSteps = %d: want 1 to %d Hessian-vector products a refresh", r.PowerSteps, mostProducts)
	check(sideNames.has(int(r.Side)), "Side = %d: want LargerLoss or MeanOfPair", int(r.Side))

	check(lengthNames.has(int(c.Length)), "Length = %d: want AsIs, Unit or Clean", int(c.Length))
	check(c.Length != Clean || !a.Local, "Length = Clean with Local ascents: "+
		"want one of them, since micro-batches that ascend on their own leave no clean gradient of the whole batch")

	check(formNames.has(int(d.Form)), "Form = %d: want Oriented, Projection, Explicit, Paper or SurrogateGap", int(d.Form))
	check(boundNames.has(int(d.Bound)), "Bound = %d: want Unbounded, NoClimb, Quarter or WhileFalling", int(d.Bound))
	check(d.Alpha >= 0 && d.Alpha <= 2, "Alpha = %v: want 0 ≤ Alpha ≤ 2 (0 turns the correction off)", d.Alpha)
	check(!(d.Alpha > 0 && r.Every == 0 && d.Form != SurrogateGap),
		"Alpha = %v with Refresh.Every = 0: there is no v to correct along; "+
			"want Alpha = 0, or Refresh.Every = 1 or more", d.Alpha)
	check(count(d.AlphaWarmup), "AlphaWarmup = %d: want 0 to %d steps", d.AlphaWarmup, mostSteps)
	check(d.Form != Explicit || r.By == ByPair && r.Every == 1 && r.Most == 0, "Form = Explicit with Refresh.By = %v, "+
		"Refresh.Every = %d, Most = %d: want ByPair, Refresh.Every = 1 and a fixed interval, since it is the mean of the "+
		"pair of every step",
		r.By, r.Every, r.Most)
	check(d.Form != SurrogateGap || d.Alpha == 0 || (ascends || r.Every > 0 && r.By == ByPair) &&
		a.Along == AlongGradient && !a.Local && c.Length != Unit,
		"Form = SurrogateGap with Ascent.Every = %d, Rho = %v, Along = %v, Local = %v, Length = %v: want ascents along the "+
			"gradient of the whole batch and a length other than Unit, since it takes the clean gradient apart",
		a.Every, a.Rho, a.Along, a.Local, c.Length)
	check(size(math.Abs(float64(c.MaxLambda))), "MaxLambda = %v: want a finite bound above 0, a share of the edge, or 0 "+
		"for none", float64(c.MaxLambda))
	check(c.MaxLambda == 0 || (ascends || r.By == ByPair) && r.Every > 0 && c.refreshes(),
		"MaxLambda = %v with Ascent.Every = %d, Rho = %v, Refresh.Every = %d, By = %v: want ascents or pairs, whose radius "+
			"is what is made longer, and refreshes, which say what λ is", c.MaxLambda, a.Every, a.Rho, r.Every, r.By)
	return errors.Join(errs...)
}
