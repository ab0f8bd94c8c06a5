package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/tuning"
)

// form is a method with settings, as the command takes them: "xsam --alpha 0 --mix-v 0.2".
type form string

// screened are the forms of stage 1, rivals the ones that go on in any case.
var (
	screened = []form{
		"sgd", "sam", "asam", "nsam", "ssam", "gsam", "fsam", "msam", "looksam", "late-sam", "eigensam", "xsam-paper",
		"xsam", "xsam --correction projection", "xsam --side mean", "xsam --length unit", "xsam --length clean",
		"xsam --alpha 0 --mix-v 0.2", "xsam --alpha 0 --mix-v 0.5", "xsam --alpha 0 --mix-v 1",
		"xsam --alpha 0 --less-average 1 --average-decay 0.9",
		"xsam --alpha 0 --mix-v 0.5 --less-average 1 --average-decay 0.9",
		"xsam --mix-v 0.5", "xsam --ascent-of weights", "xsam --bound quarter", "xsam --refresh-every 10",
		"xsam --ascent-along momentum",
		"xsam-lite", "xsam-lite --side mean", "xsam-lite --length unit", "xsam-lite --correction projection",
		"xsam-lite --bound quarter", "xsam-lite --refresh-every 3",
	}
	rivals = []form{"sgd", "sam", "fsam", "msam", "xsam", "xsam-lite"}
)

// method is its name, "xsam".
func (f form) method() string {
	name, _, _ := strings.Cut(string(f), " ")
	return name
}

// settings are its flags, by name.
func (f form) settings() map[string]string {
	words, all := strings.Fields(string(f))[1:], map[string]string{}
	for i := 0; i+1 < len(words); i += 2 {
		all[strings.TrimPrefix(words[i], "--")] = words[i+1]
	}
	return all
}

// folder is its name in a path.
func (f form) folder() string {
	return strings.NewReplacer(" --", "_", " ", "=").Replace(string(f))
}

// points are the settings that are tried: the same draws for all, without what the form itself sets.
func (f form) points(rate float64, trials int) []tuning.Point {
	points := tuning.Draws(rate, trials)
	for _, p := range points {
		for name := range f.settings() {
			delete(p.Values, name)
		}
	}
	return points
}

// tune has the trials made under out and returns the best, a label with its learning rate.
func (s search) tune(f form, base recipe.Recipe, out string, points []tuning.Point) (tuning.Trial, error) {
	if err := tuning.HoldOut(&base); err != nil {
		return tuning.Trial{}, err
	}
	t, err := tuning.Search{Recipe: string(f), Rule: tuning.DrawRule, Base: base, Methods: []string{f.method()},
		Settings: f.settings(), Points: points}.Run(s.makeRuns, out)
	if err != nil {
		return tuning.Trial{}, fmt.Errorf("%s in %s: %w", f, out, err)
	}
	return t.Methods[0].Best(), nil
}

// further are two more points for a best ρ at an end of what was drawn: twice and four times it, or a half and a
// quarter, at its learning rate. Where it lies inside there are none.
func further(points []tuning.Point, best tuning.Trial) []tuning.Point {
	p := points[best.Trial]
	at, drawn := number(p.Values["rho"]), []float64{}
	for _, q := range points {
		if rho := number(q.Values["rho"]); rho > 0 {
			drawn = append(drawn, rho)
		}
	}
	if at == 0 || !strings.Contains(best.Method, "rho=") && !strings.Contains(best.Method, "probe-radius=") {
		return nil
	}
	var factors []float64
	switch at {
	case slices.Max(drawn):
		factors = []float64{2, 4}
	case slices.Min(drawn):
		factors = []float64{0.5, 0.25}
	}
	var more []tuning.Point
	for _, factor := range factors {
		q := tuning.Point{Rate: p.Rate, Values: maps.Clone(p.Values)}
		q.Values["rho"] = fmt.Sprint(tuning.Round(at * factor))
		more = append(more, q)
	}
	return more
}

// number reads a value; 0 where there is none.
func number(text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return x
}
