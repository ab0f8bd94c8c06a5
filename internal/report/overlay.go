package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/plots"
)

// overlay is two comparisons laid over each other: the methods of both in the same figures. A method has the same
// colour and mark in both; the first has lines without gaps, the second broken lines and hollow marks.
type overlay struct{ parts [2]part }

// part is one of the two, under a name that the other does not have.
type part struct {
	*Comparison
	name string
	line plots.Line
}

func newOverlay(first, second *Comparison) overlay {
	o := overlay{[2]part{{name: first.Name, line: plots.FirstLine}, {name: second.Name, line: plots.SecondLine}}}
	if first.Name == second.Name {
		o.parts[0].name, o.parts[1].name = first.Name+" (1)", second.Name+" (2)"
	}
	methods := append(first.Methods(), second.Methods()...)
	slices.SortStableFunc(methods, compareMethods)
	for i, c := range []*Comparison{first, second} {
		alike := *c
		alike.order = slices.Compact(slices.Clone(methods))
		o.parts[i].Comparison = &alike
	}
	return o
}

// title is "a and b".
func (o overlay) title() string { return o.parts[0].name + " and " + o.parts[1].name }

// lay lays the charts of both that show the same over each other: under one title, in one unit.
func (o overlay) lay(charts func(*Comparison) []Chart) (all []Chart) {
	key := func(c Chart) [3]string { return [3]string{kindOf(c.ID), c.Title, c.YLabel} }
	for _, p := range o.parts {
		for _, chart := range charts(p.Comparison) {
			at := slices.IndexFunc(all, func(c Chart) bool { return key(c) == key(chart) })
			if at < 0 {
				at, all = len(all), append(all, chart)
				all[at].Series = nil
			}
			all[at].Long = all[at].Long || chart.Long
			for _, s := range chart.Series {
				all[at].addOf(p, s)
			}
		}
	}
	number(all)
	return all
}

// kindOf is the ID of a chart without its number.
func kindOf(id string) string {
	if strings.HasPrefix(id, linePrefix) { // numbered as they came
		return linePrefix
	}
	return id
}

const linePrefix = "line-"

// number gives every chart an ID of its own, the same whether it is numbered among all charts or in its group alone.
func number(charts []Chart) {
	met := map[string]int{}
	for i := range charts {
		kind := kindOf(charts[i].ID)
		met[kind]++
		switch n := met[kind]; {
		case kind == linePrefix:
			charts[i].ID = fmt.Sprint(linePrefix, n)
		case n > 1:
			charts[i].ID = fmt.Sprintf("%s-%d", kind, n)
		}
	}
}

// addOf adds a series of one of the two. A reference that both have stands once.
func (c *Chart) addOf(p part, s Series) {
	if s.Style == Reference {
		if !slices.ContainsFunc(c.Series, func(o Series) bool { return o.Style == Reference && o.Name == s.Name }) {
			c.Series = append(c.Series, s)
		}
		return
	}
	s.Name, s.Line = p.name+": "+s.Name, p.line
	c.Series = append(c.Series, s)
}

// forests puts the differences of both on the same axes, where they are from the same baseline.
func (o overlay) forests() (all []Forest) {
	for _, p := range o.parts {
		for _, f := range p.Comparison.forests(p.table("")) {
			at := slices.IndexFunc(all, func(o Forest) bool { return o.Title == f.Title })
			if at < 0 {
				at, all = len(all), append(all, f)
				all[at].Rows = nil
			}
			for _, r := range f.Rows {
				r.Head, r.Line = p.name+": "+r.Head, p.line
				r.interval.Name, r.interval.Line = r.Head, p.line
				all[at].Rows = append(all[at].Rows, r)
			}
		}
	}
	for i := range all {
		all[i].place()
	}
	return all
}

// files are the figures of the overlay.
func (o overlay) files() (files []File) {
	if all := o.forests(); len(all) > 0 {
		files = append(files, differencesFile(all))
	}
	for _, chart := range o.lay((*Comparison).charts) {
		if f, ok := chart.file(); ok {
			files = append(files, f)
		}
	}
	return files
}

// overlayView is an overlay as the template sees it.
type overlayView struct {
	ID, Title       string
	Headlines       []Headline
	Forests         []Forest
	ForestFiles     links
	First, Training []figure
	Curvature       []figure
}

func newOverlayView(first, second *Comparison, id string, options Options) overlayView {
	o := newOverlay(first, second)
	files := options.files(first, second)
	v := overlayView{ID: id, Title: o.title(), Forests: o.forests(), ForestFiles: files(differencesName)}
	for _, p := range o.parts {
		h := p.headline(p.table(""))
		h.Text = p.name + ": " + h.Text
		v.Headlines = append(v.Headlines, h)
	}
	v.First = draw(id, o.lay(func(c *Comparison) []Chart { return []Chart{c.earlyChart()} }), files)
	v.Training = draw(id, o.lay((*Comparison).training), files)
	v.Curvature = draw(id, o.lay((*Comparison).curvature), files)
	return v
}
