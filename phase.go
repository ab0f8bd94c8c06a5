package xsam

// LateSAMConfig is SAM with ρ = 0.05 in the last fifth of the training, and the base optimizer before: one gradient a
// step, then two. Where the last fifth begins, Config.ForRun says; or set Phase.From to a step.
//
// The paper finds that a few epochs of SAM at the end of a training do nearly what SAM throughout does; the fifth is
// our choice.
//
// Reference: Zhou, Wang, Mao, Zhou, Yan (2025), "Sharpness-Aware Minimization Efficiently Selects Flatter Minima Late
// in Training", arXiv:2410.10373.
func LateSAMConfig() Config {
	c := SAMConfig()
	c.From = LastFifth
	return c
}

// LastFifth stands, as Phase.From, for the first step of the last fifth of a run. An optimizer does not know how long a
// run is: Config.ForRun puts the step in its place, and New refuses it.
const LastFifth = -1

// ForRun returns the configuration for a run of a number of steps: with Phase.From = ⌈4/5·steps⌉ for LastFifth.
func (c Config) ForRun(steps int) Config {
	if c.From == LastFifth {
		c.From = steps - steps/5
	}
	return c
}

// active tells whether a step is in the phase.
func (p Phase) active(step int64) bool {
	return step >= int64(p.From) && (p.To == 0 || step < int64(p.To))
}

// begins is where the phase begins for v: at From, or at step since, from which on the same parameters are trained.
func (p Phase) begins(since int64) int64 { return max(since, int64(p.From)) }
