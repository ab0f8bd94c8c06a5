package xsam

// Config says how a step of the optimizer is made, in the order of the update rule. Start from one of the presets
// (DefaultConfig, LiteConfig, SAMConfig, ...) and change what you need: zero means zero, so that Rho = 0 and Alpha =
// 0 are ablations, not "the default".
//
// What counts steps is at most 2³¹ − 1. Its JSON form is flat, {"rho": 0.05, "ascent_every": 1, ...}, with the names of
// the enumerations as texts; the seed has no part in it.
type Config struct {
	Phase             // 0. between which steps; outside them the base optimizer is alone
	Ascent            // 1. where the gradient g_adv is taken
	Refresh           // 2. when and how v and λ are estimated
	Length     Length `json:"length"` // 3. the norm of the gradient that is corrected
	Correction        // 4. what is taken away, along v or from the clean gradient

	// MaxLambda is a bound that λ is kept under by longer ascents, without these longer pairs, and a stronger correction;
	// 0: none. See limit.go.
	MaxLambda MaxLambda `json:"max_lambda"`

	// Seed draws the first v.
	Seed int64 `json:"-"`
}

// Phase says in which steps, counted from 0, there is more than the base optimizer: From ≤ step < To. The other steps
// are plain, the base optimizer's bit for bit: one gradient, no refresh, no correction. See phase.go.
type Phase struct {
	// From is the first of these steps, or LastFifth.
	From int `json:"from_step"`

	// To is the first step after them; 0: there is none.
	To int `json:"to_step"`
}

// Ascent says where the gradient is taken: at w + ε, or at w.
type Ascent struct {
	// Rho is the radius ρ ≥ 0 of SAM's ascent, in the units of the weights: ε = ρ g/‖g‖. With 0 there is no ascent:
	// ascent steps become plain steps.
	Rho float64 `json:"rho"`

	// Along says along what it ascends.
	Along Along `json:"ascent_along"`

	// Less ≥ 0 is σ: the ascent goes along g minus σ times its running average (F-SAM); 0 leaves g as it is. See
	// average.go.
	Less float64 `json:"less_average"`

	// Decay in [0, 1) is what that average keeps in each step; used with Less only.
	Decay float64 `json:"average_decay"`

	// Mix ≥ 0 is β: the ascent goes along the unit gradient and β times the part of v orthogonal to it (Eigen-SAM); 0
	// leaves v out. See mix.go.
	Mix float64 `json:"mix_v"`

	// Of says which parameters the ascent moves.
	Of Mask `json:"ascent_of"`

	// Every is a: every a-th step (step mod a = 0) is an ascent step, which costs a second gradient. 1 is SAM, 0 never
	// ascends.
	Every int `json:"ascent_every"`

	// Adaptive measures the ascent in the units of each weight (ASAM): ε = ρ T²g/‖T g‖ with T = |w| + Eta.
	Adaptive bool `json:"adaptive"`

	// Eta ≥ 0 keeps T away from zero; used with Adaptive only.
	Eta float64 `json:"eta"`

	// Reuse ≥ 0 lets plain steps go on with the last ascent: they add to g what that ascent had found orthogonal to its
	// clean gradient, at Reuse times the length of g (LookSAM). With 0 plain steps are plain.
	Reuse float64 `json:"reuse"`

	// Local gives each micro-batch of Accumulate an ε of its own in ascent steps, from its own gradient, and takes the
	// mean of the gradients found there: SAM on the m-sharpness, with m the size of a micro-batch. A batch that is not
	// cut is its only micro-batch, and this changes nothing.
	Local bool `json:"local_ascent"`
}

// Refresh says when and how v, λ and the side on which λ falls are estimated.
type Refresh struct {
	// By is the estimator.
	By Estimator `json:"refresh"`

	// Every is k: every k-th step (step mod k = 0) estimates v anew. 0 never does: no v, no correction.
	Every int `json:"refresh_every"`

	// EpochSteps is n: the phase of the refresh is counted anew every n steps, (step mod n) mod k, so that each epoch of
	// n steps has its refreshes in the same places. 0 never counts anew.
	EpochSteps int `json:"epoch_steps,omitzero"`

	// Most ≥ Every lets the interval between refreshes follow the Hessian: it begins at Every, doubles, up to Most,
	// after a refresh that found v and λ where they were, and halves, down to Every, after any other. 0 keeps the
	// interval fixed.
	Most int `json:"refresh_most"`

	// Tolerance in (0, ∞) says how far v and λ may move for the interval to grow: the residual ‖Hv − λv‖/|λ|, which is
	// the tangent of the angle by which v turns, and the relative change of λ. Used with Most only.
	Tolerance float64 `json:"refresh_tolerance"`

	// Warmup is the number of refreshes before the correction begins: steps 0, 1, ..., Warmup − 1 are all refreshes, and
	// α acts as 0 in them. The side on which λ falls is a coin toss for a random v and settles within three to five
	// refreshes.
	Warmup int `json:"warmup_refreshes"`

	// ProbeRadius is r > 0: a pair of gradients is taken at w ± r v. In the units of the weights.
	ProbeRadius float64 `json:"probe_radius"`

	// Side says which gradient of a pair step is corrected.
	Side Side `json:"side"`

	// PowerSteps, 1 to 1000, is the number of Hessian-vector products of a refresh ByExact; the other estimators do not
	// look at it, and take 0 too.
	PowerSteps int `json:"power_steps"`

	// Shift adds σ·v to H v, with σ one and a half times the largest |λ| seen, so that power iteration finds the largest
	// signed eigenvalue even where a negative one is larger in magnitude. It turns more slowly.
	Shift bool `json:"shift"`
}

// Correction says what is taken away along v.
type Correction struct {
	// Form is the form of the corrected gradient g̃.
	Form Form `json:"correction"`

	// Alpha is the strength α in [0, 2]; 0 turns the correction off, 1 takes away the component along v. Above 1 an
	// Unbounded step climbs along v, which is unstable. Explicit has no use for it; to SurrogateGap it is GSAM's α.
	Alpha float64 `json:"alpha"`

	// Bound bounds the correction of Oriented; the other forms do not look at it. See bound.go.
	Bound Bound `json:"bound"`

	// AlphaWarmup is the number of steps after the warm-up of v over which α rises to Alpha in a straight line; with 0
	// it is there at once.
	AlphaWarmup int `json:"alpha_warmup"`
}

// Bound bounds the oriented correction.
type Bound int

const (
	// Unbounded is everywhere α|c|v, and climbs along v where α > 1 and c > 0.
	Unbounded Bound = iota
	// NoClimb takes at most c where c > 0: there α acts as at most 1. With α ≤ 1 it is Unbounded.
	NoClimb
	// Quarter is NoClimb and takes at most a quarter of the length of h where c > 0. It holds at learning rates at which
	// NoClimb does not, and lowers λ less.
	Quarter
	// WhileFalling is NoClimb, and no correction from where the running loss has risen by a tenth of what it began with,
	// and by more than batches scatter, until it is a tenth below its lowest. A loss that hardly falls any more, of small
	// batches, can be taken for one that has risen. StepStats.Risen says that it acts. See risen.go.
	WhileFalling
)

// Along is what an ascent goes along.
type Along int

const (
	// AlongGradient is SAM's: ε = ρ g/‖g‖, two gradients a step.
	AlongGradient Along = iota
	// AlongMomentum goes up the momentum m of the base optimizer, an average of gradients: ε = ρ m/‖m‖. One gradient a
	// step.
	AlongMomentum
	// AlongMotion is that of MSAM, the way w is moving: ε = −ρ m/‖m‖. One gradient a step. See momentum.go.
	AlongMotion
)

// byMomentum tells whether the ascents go up the momentum or down it, and take no gradient of their own.
func (a Ascent) byMomentum() bool { return a.Along != AlongGradient }

// Mask is a choice of parameters.
type Mask int

const (
	// AllParameters leaves none out.
	AllParameters Mask = iota
	// WeightsOnly leaves out biases and the parameters of norms: what has fewer than two axes.
	WeightsOnly
	// NormsOnly leaves out all but the parameters of norms (SAM-ON). See mask.go for which these are.
	NormsOnly
)

// Estimator is a way to estimate v, λ and the side on which λ falls.
type Estimator int

const (
	// ByPair makes the refresh a step of its own kind: one power step from the gradients at w ± r v, one of which also
	// is the ascent. Two gradients a step, as SAM.
	ByPair Estimator = iota
	// ByThreePoint keeps the step as it is and spends two more gradients, at w ± r v; the clean gradient is the third
	// point.
	ByThreePoint
	// ByExact keeps the step as it is and spends PowerSteps exact Hessian-vector products on the model as in evaluation,
	// as the authors do. v keeps the sign that comes out, but with Oriented, which turns it to the side on which λ falls.
	// Outside a warm-up there is no refresh at the first step of an epoch: until the first one, at step Every, steps are
	// SAM's. With α = 0 there are no products, since nothing would use v.
	ByExact
)

// Side is the gradient that a pair step corrects, g_adv.
type Side int

const (
	// LargerLoss takes the gradient of the side with the larger loss, SAM's ascent along v.
	LargerLoss Side = iota
	// MeanOfPair takes (g₊ + g₋)/2, the gradient of L + r²λ/2 + …: it does not jump where the losses are equal.
	MeanOfPair
)

// Length says how long h is, the gradient that is corrected. With g the clean gradient ∇L(w):
type Length int

const (
	// AsIs leaves it: h = g_adv, as SAM does.
	AsIs Length = iota
	// Unit divides it by its global norm: h = g_adv/‖g_adv‖, as the authors of X-SAM do. It wants a learning rate of its
	// own.
	Unit
	// Clean gives it the length of the clean gradient: h = ‖g‖·g_adv/‖g_adv‖ (SSAM, stable SAM). A plain step stays as it
	// is, unless it reuses an ascent. A pair step has no clean gradient: there ‖(g₊ + g₋)/2‖ stands for ‖g‖, with an error
	// of order r².
	Clean
)

// Form is the form of the corrected gradient g̃. With h the gradient after its length was set, and c = ⟨h, v⟩:
type Form int

const (
	// Oriented is g̃ = h − α|c|v, with v turned so that λ falls along +v.
	Oriented Form = iota
	// Projection is g̃ = h − α c v: indifferent to the sign of v.
	Projection
	// Explicit is the mean of the pair, g̃ = (g₊ + g₋)/2 = ∇(L + r²λ/2 + …): λ is penalised itself. Every step is a pair
	// step (Refresh.Every = 1), and α has no part in it.
	Explicit
	// Paper is g̃ = h − α|c|v with the sign of v as power iteration leaves it. With Length = Unit it is the published
	// form.
	Paper
	// SurrogateGap is GSAM's g̃ = h − α g⊥, with g⊥ the part of the clean gradient across h. It needs no v. See gap.go.
	SurrogateGap
)
