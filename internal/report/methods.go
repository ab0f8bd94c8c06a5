package report

import (
	"slices"
	"strings"

	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/plots"
)

// knownMethods is the order of the methods on a page: from the simplest to the most elaborate.
var knownMethods = parameter.MethodNames()

// compareMethods orders methods: the known ones first, each followed by its variants, then the others by name.
func compareMethods(a, b string) int {
	rank := func(method string) int {
		base, _, _ := strings.Cut(method, ":")
		base, _, _ = strings.Cut(base, " ") // "xsam-paper (raw c)"
		if i := slices.Index(knownMethods, base); i >= 0 {
			return i
		}
		return len(knownMethods)
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return strings.Compare(a, b)
}

// styles is the number of looks in page.css, which are those of package plots: colours after Okabe and Ito (2008), each
// with a shape of mark and a pattern of dashes, so that no colour is needed.
const styles = plots.Looks

// marks are the shapes, as SVG paths around (0, 0), one a style.
var marks = [styles]string{
	"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",    // circle
	"M-3.6-3.6h7.2v7.2h-7.2z",               // square
	"M0-4.8L4.6 3.4h-9.2z",                  // triangle
	"M0-5.2L5.2 0L0 5.2L-5.2 0z",            // diamond
	"M0 4.8L4.6-3.4h-9.2z",                  // triangle, upside down
	"M-1.5-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z", // plus
	"M0-5l1.5 3.5h3.5l-2.8 2.3l1.2 3.7L0 2.3l-3.4 2.2l1.2-3.7L-5-1.5h3.5z", // star
	"M-5-2.2h10v4.4h-10z", // bar
}

// find returns the method called name, else its first variant, else "".
func find(methods []string, name string) string {
	if slices.Contains(methods, name) {
		return name
	}
	for _, m := range methods {
		if strings.HasPrefix(m, name+":") {
			return m
		}
	}
	return ""
}

// subject is the method that the verdict is about: X-SAM, one of its kin, or the last one that is not the baseline.
func subject(methods []string, baseline string) string {
	for _, name := range []string{"xsam", "xsam-lite", "xsam-paper"} {
		if m := find(methods, name); m != "" && m != baseline {
			return m
		}
	}
	for _, m := range slices.Backward(methods) {
		if m != baseline {
			return m
		}
	}
	return ""
}
