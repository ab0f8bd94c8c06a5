package main

import (
	"fmt"
	"maps"
	"math"
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
		"fsam --average-decay 0.6", "msam --ascent-along momentum",
		"xsam", "xsam --correction projection", "xsam --side mean", "xsam --length unit", "xsam --length clean",
		"xsam --alpha 0 --mix-v 0.5", "xsam --alpha 0 --mix-v 1", // eigensam is that with 0.2
		"xsam --alpha 0 --less-average 1 --average-decay 0.9", "xsam --alpha 0 --less-average 1 --average-decay 0.6",
		"xsam --alpha 0 --mix-v 0.5 --less-average 1 --average-decay 0.9",
		"xsam --alpha 0 --mix-v 0.5 --less-average 1 --average-decay 0.6",
		"xsam --mix-v 0.5", "xsam --ascent-of weights", "xsam --bound quarter", "xsam --refresh-every 10",
		"xsam --ascent-along momentum", "xsam --ascent-along motion", "xsam --alpha 0 --mix-v 0.5 --ascent-along momentum",
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

// radius is that of a setting's ascents, or of its pairs where it has no other; 0 where it has none.
func (f form) radius(base recipe.Recipe, p tuning.Point) (float64, error) {
	if err := base.SetMethod(p.Label(f.method()), f.settings()); err != nil {
		return 0, err
	}
	switch {
	case base.Rho > 0:
		return base.Rho, nil
	case base.Refresh.Every > 0:
		return base.ProbeRadius, nil
	}
	return 0, nil
}

// further are two more points where the best radius is at an end of what was tried: twice and four times it, or a half
// and a quarter, with its learning rate and α. Where it lies inside there are none.
func (f form) further(base recipe.Recipe, points []tuning.Point, best int) ([]tuning.Point, error) {
	at, low, high := 0.0, math.Inf(1), 0.0
	for i, p := range points {
		r, err := f.radius(base, p)
		if err != nil {
			return nil, err
		}
		if low, high = min(low, r), max(high, r); i == best {
			at = r
		}
	}
	factors := map[float64][]float64{high: {2, 4}, low: {0.5, 0.25}}[at]
	if at == 0 || low == high {
		return nil, nil
	}
	var more []tuning.Point
	for _, factor := range factors {
		q := tuning.Point{Rate: points[best].Rate, Values: map[string]string{}}
		maps.Copy(q.Values, points[best].Values)
		q.Values["rho"] = fmt.Sprint(tuning.Round(at * factor))
		more = append(more, q)
	}
	return more, nil
}
