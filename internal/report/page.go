package report

import (
	"crypto/sha256"
	_ "embed" // the files of assets
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/compare"
)

// Options is what a caller adds to a page.
type Options struct {
	// Title of the page and its first heading; "" takes the names of the comparisons for the title.
	Title string
	// Command returns the command line that makes the runs again, "" when there is none; nil leaves it out.
	Command func(*Comparison) string
	// Events is the address of a stream of server-sent events that tell when to load the page again; "" for a page
	// that stands.
	Events string
	// File is the address of a figure of a comparison, or of two that are laid over each other, in one of the FileFormats;
	// "" where there is none, nil for no such files.
	File func(of []*Comparison, figure, format string) string
	// Overlay lays the first two comparisons over each other, in front of the others.
	Overlay bool
	// Over are the pages on which another comparison is laid over this one.
	Over []Link
	// Back is the address of a list of comparisons; "" for none.
	Back string
}

var (
	//go:embed assets/page.css
	pageCSS string
	//go:embed assets/page.js
	pageJS string
	//go:embed assets/page.html.tmpl
	pageText string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// ContentSecurityPolicy is the policy of a page: its own style and script, known by their hashes, and nothing else. A
// page from disk carries it in a meta element; a server sends it, with leave to connect to itself for live pages.
func ContentSecurityPolicy(live bool) string {
	policy := fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; "+
		"form-action 'none'", hash(pageCSS), hash(pageJS))
	if live {
		policy += "; connect-src 'self'; frame-ancestors 'none'"
	}
	return policy
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// page is what the template sees.
type page struct {
	Title, Policy, Events, Back string
	Heading                     string
	CSS                         template.CSS
	JS                          template.JS
	Overlay                     *overlayView
	Over                        []Link
	Views                       []view
	List                        []Card
	IsList                      bool
	Problem                     string
}

// Link is the page of a comparison.
type Link struct{ Name, Address string }

func newPage(title string, o Options) page {
	return page{Title: title, Policy: ContentSecurityPolicy(o.Events != ""), Events: o.Events, Back: o.Back,
		CSS: template.CSS(pageCSS), JS: template.JS(pageJS)} //nolint:gosec // the embedded files themselves
}

// WriteHTML writes the page of one or more comparisons.
func WriteHTML(w io.Writer, comparisons []*Comparison, o Options) error {
	p := newPage(o.title(comparisons), o)
	p.Heading = o.Title
	if o.Title == "" {
		p.Heading = "X-SAM report"
	}
	p.Over = o.Over
	if o.Overlay && len(comparisons) > 1 {
		v := newOverlayView(comparisons[0], comparisons[1], "o", o)
		p.Overlay = &v
	}
	for i, c := range comparisons {
		p.Views = append(p.Views, newView(c, fmt.Sprintf("c%d", i+1), o))
	}
	return p.write(w)
}

// WriteList writes a page that lists comparisons; problem says what is wrong with the list, "" when nothing is.
func WriteList(w io.Writer, items []Card, problem string, o Options) error {
	p := newPage(o.Title, o)
	p.Heading = o.Title
	p.List, p.IsList, p.Problem = items, true, problem
	return p.write(w)
}

func (p page) write(w io.Writer) error {
	if err := pageTemplate.Execute(w, p); err != nil {
		return fmt.Errorf("report: cannot write the page: %w", err)
	}
	return nil
}

func (o Options) title(comparisons []*Comparison) string {
	if o.Title != "" {
		return o.Title
	}
	var names []string
	for _, c := range comparisons {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ") + " – X-SAM report"
}

// view is a comparison as the template sees it.
type view struct {
	ID, Name               string
	Headline               Headline
	Facts                  []string
	Warnings               []string
	Claims                 []claims.Finding
	Intro                  string // of the claims
	ClaimsSummary          string
	Methods                Grid
	Early                  Grid
	EarlyFig               []figure
	Forests                []Forest
	ForestFiles, CostFiles links
	Training               []figure
	Curvature              []figure
	Surfaces               []Surface
	Measured               *Grid
	Cost                   Grid
	Bars                   []Bar
	Settings               []setting
	ByMethod               Grid
	Runs                   Grid
	Command                string
}

func newView(c *Comparison, id string, o Options) view {
	t := c.table("")
	v := view{ID: id, Name: c.Name, Headline: c.headline(t), Facts: c.facts(), Warnings: c.warnings(t)}
	v.Claims, v.Intro = c.claims(), claimsIntro
	v.ClaimsSummary = claimsSummary(v.Claims)
	v.Methods = c.methodsTable(t)
	files := o.files(c)
	v.Forests, v.ForestFiles = c.forests(t), files(differencesName)
	v.Early, v.EarlyFig = c.early(t.Baseline), draw(id, []Chart{c.earlyChart()}, files)
	v.Training, v.Curvature = draw(id, c.training(), files), draw(id, c.curvature(), files)
	v.Surfaces = c.surfaces()
	for i := range v.Surfaces {
		s := &v.Surfaces[i]
		s.Files, s.ID = files(s.ID), id+"-"+s.ID
	}
	if g, ok := c.measuredTable(); ok {
		v.Measured = &g
	}
	v.Cost, v.Bars, v.CostFiles = c.cost(t), c.costBars(t), files(costName)
	v.Settings, v.ByMethod = c.settings()
	v.Runs = c.runsTable(t)
	c.addRunMetric(&v.Runs, t)
	if o.Command != nil {
		v.Command = o.Command(c)
	}
	return v
}

// runsTable lists the runs with their outcome.
func (c *Comparison) runsTable(t *compare.Table) Grid {
	outcome := t.Outcome()
	outcome.Held = c.held() // known before there is any
	g := Grid{Caption: "Every run, with what its summary says.", Columns: []string{"seed", "state", "steps",
		outcome.Title(), "λmax", "train loss", "seconds", "engine"}}
	for _, r := range c.Runs {
		s := r.Summary
		state := "finished"
		switch {
		case s.Finished && s.UndoneUpdates > 0:
			state = fmt.Sprintf("finished, %s undone", count(s.UndoneUpdates, "update"))
		case s.NotLearnt != "":
			state = "has not learnt: " + string(s.NotLearnt)
		case s.Diverged:
			state = "diverged"
		case !s.Finished:
			state = "not finished"
			if last := len(r.Records); last > 0 {
				state = fmt.Sprintf("at epoch %s of %d", short(r.Records[last-1].Epoch.Float()), r.Setup.Epochs)
			}
		}
		steps := s.Steps
		if last := len(r.Records); steps == 0 && last > 0 {
			steps = r.Records[last-1].Step
		}
		g.Rows = append(g.Rows, GridRow{Head: s.Method, Style: c.style(s.Method), Cells: []Cell{
			plainCell(fmt.Sprint(s.Seed)), plainCell(state), plainCell(fmt.Sprint(steps)),
			plainCell(outcome.RunText(s)),
			plainCell(short(s.LambdaMax.Float())), plainCell(short(s.TrainLoss.Float())),
			plainCell(short(s.WallSeconds.Float())), plainCell(s.Backend)}})
	}
	return g
}
