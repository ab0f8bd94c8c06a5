package advice

// radius says of ρ that it is not known. Three rules were tried, by noise, curvature and length of the training, and
// none was right more often than wrong on problems that were new to it (docs/studies/advise.md): in short runs a ρ only
// slows, and what it is good for, that wrong labels are not learnt by heart, comes later.
func radius(f Facts) Sentence {
	s := Sentence{About: "rho"}
	const sweep = "short runs do not tell one ρ from another; xsam compare --sweep rho=0.05,0.1,0.2 does"
	if noise(f).Known && f.Labels.noisy() {
		return s.unknown("labels are noisy (%d of %d contradicted), where a longer ascent than usual often helps and "+
			"sometimes lets SAM learn nothing: %s", f.Labels.Contradicted, f.Labels.Sure, sweep)
	}
	return s.unknown(sweep)
}
