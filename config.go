package xsam

import (
	"errors"
	"fmt"
	"math"
)

// Config says how a step of the optimizer is made. Start from one of the presets (DefaultConfig, LiteConfig, SAMConfig,
// ...) and change what you need: zero means zero, so that Rho = 0 and Alpha = 0 are ablations, not "the default".
type Config struct {
	// Rho is the radius ρ ≥ 0 of SAM's ascent, in the units of the weights: ε = ρ g/‖g‖. With 0 there is no ascent:
	// ascent steps become plain steps.
	Rho float64

	// Alpha is the strength α in [0, 2] of the correction along v; 0 turns it off, 1 takes away the component along v.
	// Above 1 the step climbs along v, which is unstable when v is stale. Explicit has no use for it.
	Alpha float64

	// AlphaWarmup is the number of steps after the warm-up of v over which α rises to Alpha in a straight line; with 0 it
	// is there at once.
	AlphaWarmup int

	// Adaptive measures the ascent in the units of each weight (ASAM): ε = ρ T²g/‖T g‖ with T = |w| + Eta.
	Adaptive bool

	// Eta ≥ 0 keeps T away from zero; used with Adaptive only.
	Eta float64

	// AscentEvery is a: every a-th step (step mod a = 0) is an ascent step, which costs a second gradient. 1 is SAM,
	// 0 never ascends.
	AscentEvery int

	// Reuse ≥ 0 lets plain steps go on with the last ascent: they add to g what that ascent had found across its own clean
	// gradient, at Reuse times the length of g (LookSAM). With 0 plain steps are plain.
	Reuse float64

	// LocalAscent gives each micro-batch of Accumulate an ε of its own in ascent steps, from its own gradient, and takes the mean
	// of the gradients found there: SAM on the m-sharpness, with m the size of a micro-batch. Without Accumulate a batch is
	// its only micro-batch, and this changes nothing.
	LocalAscent bool

	// RefreshEvery is k: every k-th step (step mod k = 0) estimates v anew. 0 never does: no v, no correction.
	RefreshEvery int

	// EpochSteps is n: the phase of the refresh is counted anew every n steps, (step mod n) mod k, so that each epoch of n steps has its
	// refreshes in the same places. 0 never counts anew.
	EpochSteps int

	// RefreshMost ≥ RefreshEvery lets the interval between refreshes follow the Hessian: it begins at RefreshEvery, doubles, up
	// to RefreshMost, after a refresh that found v and λ where they were, and halves, down to RefreshEvery, after any other. 0
	// keeps the interval fixed.
	RefreshMost int

	// RefreshTolerance in (0, ∞) says how far v and λ may move for the interval to grow: the residual ‖Hv − λv‖/|λ|, which is
	// the tangent of the angle by which v turns, and the relative change of λ. Used with RefreshMost only.
	RefreshTolerance float64

	// WarmupRefreshes is the number of refreshes before the correction begins: steps 0, 1, ..., WarmupRefreshes − 1 are
	// all refreshes, and Alpha acts as 0 in them. The side on which λ falls is a coin toss for a random v and settles
	// within three to five refreshes.
	WarmupRefreshes int

	// ProbeRadius is r > 0: a pair of gradients is taken at w ± r v. In the units of the weights.
	ProbeRadius float64

	// Side says which gradient of a pair is corrected.
	Side Side

	// Refresh is the way v is estimated.
	Refresh Refresh

	// PowerSteps ≥ 1 is the number of Hessian-vector products of one RefreshExact.
	PowerSteps int

	// Length is how long the gradient is that is corrected. Before the first refresh of v it is left as it is.
	Length Length

	// Correction is the form of the corrected gradient g̃.
	Correction Correction

	// Shift adds σ·v to H v, with σ the largest |λ| seen, so that power iteration finds the largest signed eigenvalue
	// even where a negative one is larger in magnitude. It turns more slowly.
	Shift bool

	// Seed draws the first v.
	Seed int64
}

// Refresh is a way to estimate v, λ and the side on which λ falls.
type Refresh int

const (
	// RefreshPair makes the refresh a step of its own kind: one power step from the gradients at w ± r v, one of which
	// also is the ascent. Two gradients a step, as SAM.
	RefreshPair Refresh = iota
	// RefreshThreePoint keeps the step as it is and spends two more gradients, at w ± r v; the clean gradient is the
	// third point.
	RefreshThreePoint
	// RefreshExact keeps the step as it is and spends PowerSteps exact Hessian-vector products on the model as in evaluation, as the
	// authors do. v keeps the sign that comes out, and there is no refresh at the first step of an epoch: until the first one, at step
	// RefreshEvery, steps are SAM's. With α = 0 there are no products, since nothing would use v.
	RefreshExact
)

// Side is the gradient that a pair step corrects, g_adv.
type Side int

const (
	// LargerLoss takes the gradient of the side with the larger loss, SAM's ascent along v.
	LargerLoss Side = iota
	// MeanOfPair takes (g₊ + g₋)/2, the gradient of L + r²λ/2 + …: it does not jump where the losses are equal.
	MeanOfPair
)

// Correction is the form of the corrected gradient g̃. With h the gradient after its length was set, and c = ⟨h, v⟩:
type Correction int

const (
	// Oriented is g̃ = h − α|c|v, with v turned so that λ falls along +v.
	Oriented Correction = iota
	// Projection is g̃ = h − α c v: indifferent to the sign of v.
	Projection
	// Explicit is the mean of the pair, g̃ = (g₊ + g₋)/2 = ∇(L + r²λ/2 + …): λ is penalised itself. Every step is a
	// pair step (RefreshEvery = 1), and α has no part in it.
	Explicit
	// Paper is g̃ = h − α|c|v with the sign of v as power iteration leaves it. With Length = Unit it is the published form.
	Paper
)

var (
	refreshNames    = []string{"pair", "three-point", "exact"}
	sideNames       = []string{"larger-loss", "mean"}
	correctionNames = []string{"oriented", "projection", "explicit", "paper"}
)

func (r Refresh) String() string    { return nameOf(int(r), refreshNames, "Refresh") }
func (s Side) String() string       { return nameOf(int(s), sideNames, "Side") }
func (c Correction) String() string { return nameOf(int(c), correctionNames, "Correction") }

// ParseRefresh returns the Refresh called name: pair, three-point or exact.
func ParseRefresh(name string) (Refresh, error) {
	i, err := indexOf(name, refreshNames, "refresh")
	return Refresh(i), err
}

// ParseSide returns the Side called name: larger-loss or mean.
func ParseSide(name string) (Side, error) {
	i, err := indexOf(name, sideNames, "side")
	return Side(i), err
}

// ParseCorrection returns the Correction called name: oriented, projection, explicit or paper.
func ParseCorrection(name string) (Correction, error) {
	i, err := indexOf(name, correctionNames, "correction")
	return Correction(i), err
}

// DefaultConfig is X-SAM at two gradients a step: SAM's ascent with ρ = 0.05, and every fifth step a pair step of the
// same radius. α = 1.
func DefaultConfig() Config {
	return Config{
		Rho: 0.05, Alpha: 1, AscentEvery: 1, RefreshEvery: 5, WarmupRefreshes: 5, ProbeRadius: 0.05, PowerSteps: 5,
	}
}

// LiteConfig is X-SAM lite at 1.2 gradients a step: plain steps, and every fifth step a pair step of radius 0.1. α = 1.
func LiteConfig() Config {
	c := DefaultConfig()
	c.AscentEvery, c.ProbeRadius = 0, 0.1
	return c
}

// PaperConfig is X-SAM as its authors run it: SAM with ρ = 0.05, and, from the first refresh on, the unit gradient corrected with
// α = 0.2,
//
//	ĝ = g_adv/‖g_adv‖,  g̃ = ĝ − α|⟨ĝ, v⟩|v,
//
// v from five exact products every third step, its sign as it comes. A step takes two gradients and, on average, a third of one and 5/3
// exact products. Set EpochSteps to the steps of an epoch: the authors count the third step in each epoch anew.
func PaperConfig() Config {
	return Config{
		Rho: 0.05, Alpha: 0.2, AscentEvery: 1, RefreshEvery: 3, ProbeRadius: 0.05, Refresh: RefreshExact, PowerSteps: 5,
		Length: Unit, Correction: Paper,
	}
}

// NSAMConfig is PaperConfig with α = 0, what is left of the published form without its correction: SAM's first RefreshEvery = 3 steps,
// then SAM with a unit gradient. Two gradients a step.
func NSAMConfig() Config {
	c := PaperConfig()
	c.Alpha = 0
	return c
}

// SSAMConfig is SAM whose gradient keeps the length of the clean one (stable SAM), ρ = 0.05: two gradients a step.
//
// Reference: Tan et al. (2025), "Stabilizing Sharpness-aware Minimization Through A Simple Renormalization Strategy", JMLR.
func SSAMConfig() Config { return Config{Rho: 0.05, AscentEvery: 1, Length: Clean} }

// SAMConfig is SAM with ρ = 0.05: two gradients a step, no v.
func SAMConfig() Config { return Config{Rho: 0.05, AscentEvery: 1} }

// LookSAMConfig is SAM with an ascent every fifth step, the found direction being reused at 0.7 of the gradient's length in
// between: 1.2 gradients a step.
func LookSAMConfig() Config { return Config{Rho: 0.05, AscentEvery: 5, Reuse: 0.7} }

// ASAMConfig is adaptive SAM with its authors' ρ = 0.5 and η = 0.01.
func ASAMConfig() Config { return Config{Rho: 0.5, AscentEvery: 1, Adaptive: true, Eta: 0.01} }

// SGDConfig leaves the gradient as it is: the base optimizer, bit for bit.
func SGDConfig() Config { return Config{} }

// Validate reports every field that is out of its range, joined into one error.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("xsam: Config."+format, args...)) }

	if !(c.Rho >= 0 && c.Rho <= math.MaxFloat32) { // also rejects NaN
		bad("Rho = %v: want a finite Rho ≥ 0 (0 turns the ascent off)", c.Rho)
	}
	if !(c.Alpha >= 0 && c.Alpha <= 2) {
		bad("Alpha = %v: want 0 ≤ Alpha ≤ 2 (0 turns the correction off)", c.Alpha)
	}
	if !(c.Eta >= 0 && c.Eta <= math.MaxFloat32) {
		bad("Eta = %v: want a finite Eta ≥ 0", c.Eta)
	}
	if c.AscentEvery < 0 {
		bad("AscentEvery = %d: want 0 (never) or more (every so many steps)", c.AscentEvery)
	}
	if c.RefreshEvery < 0 {
		bad("RefreshEvery = %d: want 0 (never) or more (every so many steps)", c.RefreshEvery)
	}
	if c.WarmupRefreshes < 0 {
		bad("WarmupRefreshes = %d: want 0 or more", c.WarmupRefreshes)
	}
	if c.AlphaWarmup < 0 {
		bad("AlphaWarmup = %d: want 0 or more steps", c.AlphaWarmup)
	}
	if !(c.Reuse >= 0 && c.Reuse <= math.MaxFloat32) {
		bad("Reuse = %v: want a finite Reuse ≥ 0 (0 turns it off)", c.Reuse)
	}
	if c.Reuse > 0 && (c.AscentEvery == 0 || c.Rho == 0 || c.LocalAscent) {
		bad("Reuse = %v with AscentEvery = %d, Rho = %v, LocalAscent = %v: want ascents of the whole batch, or there is nothing to reuse",
			c.Reuse, c.AscentEvery, c.Rho, c.LocalAscent)
	}
	if c.EpochSteps < 0 || (c.EpochSteps > 0 && (c.EpochSteps <= c.RefreshEvery || c.RefreshMost > 0)) {
		bad("EpochSteps = %d with RefreshEvery = %d, RefreshMost = %d: want 0 (the phase is never counted anew), or more than RefreshEvery "+
			"and a fixed interval", c.EpochSteps, c.RefreshEvery, c.RefreshMost)
	}
	if c.Length < AsIs || c.Length > Clean {
		bad("Length = %d: want AsIs, Unit or Clean", int(c.Length))
	}
	if c.Length == Clean && c.LocalAscent {
		bad("Length = Clean with LocalAscent: want one of them, since micro-batches that ascend on their own leave no clean gradient of the whole batch")
	}
	if c.RefreshMost != 0 {
		if c.RefreshMost < c.RefreshEvery || c.RefreshEvery <= 0 {
			bad("RefreshMost = %d with RefreshEvery = %d: want 1 ≤ RefreshEvery ≤ RefreshMost, or 0 for a fixed interval", c.RefreshMost, c.RefreshEvery)
		}
		if !(c.RefreshTolerance > 0 && c.RefreshTolerance <= math.MaxFloat32) {
			bad("RefreshTolerance = %v with RefreshMost = %d: want a finite tolerance above 0", c.RefreshTolerance, c.RefreshMost)
		}
	}
	if c.Side < LargerLoss || c.Side > MeanOfPair {
		bad("Side = %d: want LargerLoss or MeanOfPair", int(c.Side))
	}
	if c.Refresh < RefreshPair || c.Refresh > RefreshExact {
		bad("Refresh = %d: want RefreshPair, RefreshThreePoint or RefreshExact", int(c.Refresh))
	}
	if c.Correction < Oriented || c.Correction > Paper {
		bad("Correction = %d: want Oriented, Projection, Explicit or Paper", int(c.Correction))
	}
	if c.RefreshEvery > 0 {
		if c.Refresh != RefreshExact && !(c.ProbeRadius > 0 && c.ProbeRadius <= math.MaxFloat32) {
			bad("ProbeRadius = %v: want a finite radius above 0: the pair of gradients is taken at w ± r v", c.ProbeRadius)
		}
		if c.Refresh == RefreshExact && c.PowerSteps < 1 {
			bad("PowerSteps = %d: want at least 1 Hessian-vector product a refresh", c.PowerSteps)
		}
	}
	if c.Correction == Explicit && (c.Refresh != RefreshPair || c.RefreshEvery != 1) {
		bad("Correction = Explicit with Refresh = %v, RefreshEvery = %d: "+
			"want RefreshPair and RefreshEvery = 1, since it is the mean of the pair of every step", c.Refresh, c.RefreshEvery)
	}
	return errors.Join(errs...)
}

func nameOf(i int, names []string, kind string) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("%s(%d)", kind, i)
	}
	return names[i]
}

func indexOf(name string, names []string, kind string) (int, error) {
	for i, n := range names {
		if n == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("xsam: unknown %s %q: want one of %v", kind, name, names)
}
