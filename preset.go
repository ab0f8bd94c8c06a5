package xsam

// Presets are the named methods, as the command, method labels and optimizer.KnownOptimizers name them. What each of
// them can be given is in internal/parameter.
var Presets = map[string]func() Config{
	"sgd":        SGDConfig,
	"sam":        SAMConfig,
	"nsam":       NSAMConfig,
	"ssam":       SSAMConfig,
	"asam":       ASAMConfig,
	"gsam":       GSAMConfig,
	"fsam":       FSAMConfig,
	"msam":       MSAMConfig,
	"eigensam":   EigenSAMConfig,
	"late-sam":   LateSAMConfig,
	"looksam":    LookSAMConfig,
	"xsam":       DefaultConfig,
	"xsam-lite":  LiteConfig,
	"xsam-paper": PaperConfig,
}

// DefaultConfig is X-SAM at two gradients a step: SAM's ascent with ρ = 0.05, and every fifth step, as well as the
// first five, a pair step of the same radius. α = 1 after these. No step climbs along v, and while the loss has risen
// there is no correction (WhileFalling).
func DefaultConfig() Config {
	return Config{
		Ascent:     Ascent{Rho: 0.05, Every: 1},
		Refresh:    Refresh{Every: 5, Warmup: 5, ProbeRadius: 0.05, PowerSteps: 5},
		Correction: Correction{Alpha: 1, Bound: WhileFalling},
	}
}

// LiteConfig is X-SAM lite at 1.2 gradients a step: plain steps, whose gradient is corrected too, and every fifth
// step, as well as the first five, a pair step of radius 0.1. α = 1 after these.
func LiteConfig() Config {
	c := DefaultConfig()
	c.Ascent, c.ProbeRadius = Ascent{}, 0.1
	return c
}

// PaperConfig is X-SAM as its authors run it: SAM with ρ = 0.05, and, from the first refresh on, the unit gradient
// corrected with α = 0.2,
//
//	ĝ = g_adv/‖g_adv‖,  g̃ = ĝ − α|⟨ĝ, v⟩|v,
//
// v from five exact products every third step, its sign as it comes. A step takes two gradients and, on average, a
// third of one and 5/3 exact products. Set EpochSteps to the steps of an epoch: the authors count the third step in
// each epoch anew.
func PaperConfig() Config {
	return Config{
		Ascent:     Ascent{Rho: 0.05, Every: 1},
		Refresh:    Refresh{By: ByExact, Every: 3, PowerSteps: 5, ProbeRadius: 0.05},
		Length:     Unit,
		Correction: Correction{Form: Paper, Alpha: 0.2},
	}
}

// NSAMConfig is PaperConfig with α = 0, what is left of the published form without its correction: SAM's first
// Refresh.Every = 3 steps, then SAM with a unit gradient. Two gradients a step.
func NSAMConfig() Config {
	c := PaperConfig()
	c.Alpha = 0
	return c
}

// SSAMConfig is SAM whose gradient keeps the length of the clean one (stable SAM), ρ = 0.05: two gradients a step.
//
// Reference: Tan et al. (2025), "Stabilizing Sharpness-aware Minimization Through A Simple Renormalization Strategy",
// JMLR.
func SSAMConfig() Config { return Config{Ascent: Ascent{Rho: 0.05, Every: 1}, Length: Clean} }

// SAMConfig is SAM with ρ = 0.05: two gradients a step, no v.
//
// Reference: Foret et al. (2021), "Sharpness-Aware Minimization for Efficiently Improving Generalization".
func SAMConfig() Config { return Config{Ascent: Ascent{Rho: 0.05, Every: 1}} }

// LookSAMConfig is SAM with an ascent every fifth step, the found direction being reused at 0.7 of the gradient's
// length in between: 1.2 gradients a step.
//
// Reference: Liu et al. (2022), "Towards Efficient and Scalable Sharpness-Aware Minimization".
func LookSAMConfig() Config { return Config{Ascent: Ascent{Rho: 0.05, Every: 5, Reuse: 0.7}} }

// ASAMConfig is adaptive SAM with its authors' ρ = 0.5 and η = 0.01.
//
// Reference: Kwon et al. (2021), "ASAM: Adaptive Sharpness-Aware Minimization".
func ASAMConfig() Config {
	return Config{Ascent: Ascent{Rho: 0.5, Every: 1, Adaptive: true, Eta: 0.01}}
}

// SGDConfig leaves the gradient as it is: the base optimizer, bit for bit.
func SGDConfig() Config { return Config{} }
