package live

import (
	"net/url"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/internal/report"
)

// The addresses:
//
//	/                             the list
//	/c/NAME                       a comparison
//	/over/NAME/NAME               two, laid over each other
//	/figure/FORMAT/FIGURE/c/NAME  a figure of a page, as a file
//	/events, /events/c/NAME       the stream of the list, and of a page
//
// A browser would take a "." for the folder itself out of an address, so that one has the empty name.
const (
	listPath   = "/"
	pagePath   = "/c/"
	overPath   = "/over/"
	figurePath = "/figure/"
	eventsPath = "/events"
)

// address is what a page, its stream or one of its figures shows.
type address struct {
	names          []string // of one comparison, or of two
	events         bool
	figure, format string
}

// parse reads a path; false where it names nothing that there is. Every request but that for the list passes here,
// with names as they came.
func (s *Server) parse(path string) (a address, ok bool) {
	if rest, found := strings.CutPrefix(path, eventsPath+"/"); found {
		a.events, path = true, "/"+rest
	} else if rest, found := strings.CutPrefix(path, figurePath); found {
		a.format, rest, _ = strings.Cut(rest, "/")
		a.figure, rest, _ = strings.Cut(rest, "/")
		if a.figure == "" || !slices.Contains(report.FileFormats(), a.format) {
			return address{}, false
		}
		path = "/" + rest
	}
	if name, found := strings.CutPrefix(path, pagePath); found {
		a.names = []string{name}
	} else if rest, found := strings.CutPrefix(path, overPath); found {
		first, second, _ := strings.Cut(rest, "/")
		a.names = []string{first, second}
	}
	there, err := s.comparisons()
	for _, name := range a.names {
		if err != nil || !slices.Contains(there, name) {
			return address{}, false
		}
	}
	return a, len(a.names) == 1 || len(a.names) == 2 && a.names[0] != a.names[1]
}

// page is the address of the page.
func (a address) page() string {
	if len(a.names) == 2 {
		return overPath + url.PathEscape(a.names[0]) + "/" + url.PathEscape(a.names[1])
	}
	return pagePath + url.PathEscape(a.names[0])
}

// overAtMost is the number of comparisons that a page offers to lay over its own: the newest.
const overAtMost = 20

// pageOptions are what a page is made with.
func (s *Server) pageOptions(a address, comparisons []*report.Comparison) report.Options {
	o := s.Options
	o.Title, o.Back, o.Events = comparisons[0].Name+" – X-SAM live", listPath, eventsPath+a.page()
	o.Overlay = len(a.names) == 2
	if o.Overlay {
		o.Title = comparisons[0].Name + " and " + comparisons[1].Name + " – X-SAM live"
	}
	o.File = func(of []*report.Comparison, figure, format string) string {
		page := a // of both
		if len(of) == 1 {
			page = address{names: a.names[slices.Index(comparisons, of[0]):][:1]}
		}
		return figurePath + format + "/" + url.PathEscape(figure) + page.page()
	}
	others, err := s.comparisons()
	if err != nil || o.Overlay {
		return o
	}
	for _, name := range others {
		if name != a.names[0] && len(o.Over) < overAtMost {
			o.Over = append(o.Over, report.Link{Name: s.title(name),
				Address: address{names: []string{a.names[0], name}}.page()})
		}
	}
	return o
}
