package advice

// radius says which ρ to try.
func radius(f Facts) Sentence {
	return Sentence{About: "rho"}.unknown("later")
}

func strength(f Facts) Sentence { return Sentence{About: "alpha"}.unknown("later") }
