// Package parameter is the table of the methods and of the parameters that they have: names and help, each once.
// Flags, method labels, config.json, GoMLX's settings, "run again" and the report's recipe come from it. It imports
// nothing of the optimizer: package xsam finds the field of a parameter by its key.
package parameter

import (
	"slices"
	"strings"
)

// Parameter is a parameter of a method.
type Parameter struct {
	Name    string   // of flags and labels, "refresh-every"
	Group   string   // the part of the method that it belongs to; methods have whole groups
	Help    string   // for the flag, with the `placeholder` of its value
	Choices []string // the texts of an enumeration; nil for numbers
}

// Key is its name in config.json; with "xsam_" before it, among GoMLX's settings.
func (p Parameter) Key() string { return strings.ReplaceAll(p.Name, "-", "_") }

// All are the parameters in the order of the update rule: those that others follow come before them.
var All = []Parameter{
	{"from-step", "phase", "first `step` with more than the base optimizer; −1: that of the last fifth of the run", nil},
	{"to-step", "phase", "first `step` after these; 0: there is none", nil},
	{"rho", "ascent", "`radius` ρ of the ascent", nil},
	{"ascent-every", "ascent", "an ascent every so many `steps`", nil},
	{"ascent-along", "ascent", "`vector` that the ascent goes along; motion is that of the weights, down the momentum",
		[]string{"gradient", "momentum", "motion"}},
	{"ascent-of", "ascent", "`parameters` that the ascent moves; norms are scales and offsets",
		[]string{"all", "weights", "norms"}},
	{"local-ascent", "ascent", "`true` for an ascent of each micro-batch's own, SAM on the m-sharpness", nil},
	{"reuse", "ascent", "`share` of the gradient's length at which steps between two ascents reuse the last one", nil},
	{"less-average", "average", "`share` σ of the gradients' running average that the ascent leaves out", nil},
	{"average-decay", "average", "`share` λ of itself that this average keeps in each step", nil},
	{"mix-v", "mix", "`share` β of v in the ascent", nil},
	{"eta", "units", "`offset` η of asam's units", nil},
	{"correction", "correction", "`form` of the correction", []string{"oriented", "projection", "explicit", "paper",
		"surrogate-gap"}},
	{"alpha", "correction", "`strength` α of the correction, 0 to 2; gsam has its own", nil},
	{"bound", "correction", "`bound` of the oriented correction. no-climb: no step climbs along v; quarter: nor is the " +
		"descent along it held back by more than a quarter of the gradient; while-falling: no-climb, and none while the " +
		"loss has risen",
		[]string{"none", "no-climb", "quarter", "while-falling"}},
	{"max-lambda", "limit", "`bound` that λ is kept under by longer ascents, of xsam-lite longer pairs: a number, or " +
		"edge:0.5 for a share of the edge of stability, 2/lr, with momentum 2(1 + momentum)/lr; 0: none", nil},
	{"alpha-warmup", "correction", "`steps` over which α rises", nil},
	{"length", "length", "`length` of the gradient that is corrected; clean is that of the gradient at w",
		[]string{"as-is", "unit", "clean"}},
	{"refresh", "refresh", "`way` to estimate the sharpest direction v", []string{"pair", "three-point", "exact"}},
	{"refresh-every", "refresh", "a new estimate of v every so many `steps`; nsam is plain SAM before the first", nil},
	{"refresh-most", "refresh", "adapt that number to how fast v turns, up to so many `steps`; 0: do not", nil},
	{"refresh-tolerance", "refresh", "`change` of v and λ, relative, at which the number still grows", nil},
	{"warmup-refreshes", "refresh", "`number` of estimates before the correction begins", nil},
	{"probe-radius", "refresh", "`radius` r of the pair of gradients; follows ρ where there are ascents", nil},
	{"side", "refresh", "`gradient` of the pair that is taken", []string{"larger-loss", "mean"}},
	{"power-steps", "refresh", "Hessian-vector `products` of an exact estimate", nil},
}

// Method is a named method.
type Method struct {
	Name string
	Help string   // what it does, in a few words
	Has  []string // groups of parameters, or names of single ones
}

// Methods are the methods from the simplest to the most elaborate.
var Methods = []Method{
	{"sgd", "the base optimizer", nil},
	{"sam", "ascent along the gradient", []string{"phase", "ascent", "length"}},
	{"nsam", "SAM with a unit gradient", []string{"phase", "ascent", "length", "refresh-every"}},
	{"ssam", "SAM with the length of the clean gradient", []string{"phase", "ascent", "length"}},
	{"asam", "SAM in the units of each weight", []string{"phase", "ascent", "length", "units"}},
	{"gsam", "SAM that lowers the surrogate gap, too", []string{"phase", "ascent", "alpha", "length"}},
	{"fsam", "SAM along the gradient less its average", []string{"phase", "ascent", "average", "length"}},
	{"msam", "SAM along the momentum", []string{"phase", "ascent", "length"}},
	{"looksam", "SAM with reused ascents", []string{"phase", "ascent", "length"}},
	{"eigensam", "SAM with v mixed into the ascent", []string{"phase", "ascent", "average", "mix", "length", "refresh",
		"limit"}},
	{"late-sam", "SAM in the last fifth of the training", []string{"phase", "ascent", "length"}},
	{"xsam", "SAM, and a correction along v from pairs of gradients", []string{"phase", "ascent", "average", "mix",
		"length", "refresh", "correction", "limit"}},
	{"xsam-lite", "ascents along v only", []string{"phase", "length", "refresh", "correction", "limit"}},
	{"xsam-paper", "X-SAM as published", []string{"phase", "ascent", "length", "refresh", "correction", "limit"}},
}

// MethodNames are the names of Methods.
func MethodNames() []string {
	all := make([]string, len(Methods))
	for i, m := range Methods {
		all[i] = m.Name
	}
	return all
}

// Names are the names of All.
func Names() []string {
	all := make([]string, len(All))
	for i, p := range All {
		all[i] = p.Name
	}
	return all
}

// Find returns the parameter called name.
func Find(name string) (Parameter, bool) {
	i := slices.IndexFunc(All, func(p Parameter) bool { return p.Name == name })
	if i < 0 {
		return Parameter{}, false
	}
	return All[i], true
}

// Of are the names of the parameters of a method, with or without settings in its label, in the order of All.
func Of(label string) []string {
	method, _, _ := strings.Cut(label, ":")
	i := slices.IndexFunc(Methods, func(m Method) bool { return m.Name == method })
	if i < 0 {
		return nil
	}
	var all []string
	for _, p := range All {
		if slices.Contains(Methods[i].Has, p.Group) || slices.Contains(Methods[i].Has, p.Name) {
			all = append(all, p.Name)
		}
	}
	return all
}

// Has tells whether a method, with or without settings in its label, has the parameter.
func Has(label, name string) bool { return slices.Contains(Of(label), name) }

// Settings are the settings in a label, "rho=0.1" and "alpha=2" of "xsam:rho=0.1:alpha=2". They are cut at colons; what
// follows one without a "=" belongs to the value before it, as in max-lambda=edge:0.5.
func Settings(label string) []string {
	_, rest, found := strings.Cut(label, ":")
	if !found {
		return nil
	}
	var all []string
	for part := range strings.SplitSeq(rest, ":") {
		if n := len(all); n > 0 && part != "" && !strings.Contains(part, "=") {
			all[n-1] += ":" + part
			continue
		}
		all = append(all, part)
	}
	return all
}
