package report

import (
	"fmt"
	"image/color"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lucasb-eyer/go-colorful"

	"github.com/xsam-go/xsam/plots"
)

// variables are the colours of a scheme, by their names in the style sheet.
func variables(t *testing.T, scheme string) map[string]colorful.Color {
	t.Helper()
	sheet := pageCSS
	if scheme == "dark" {
		_, sheet, _ = strings.Cut(pageCSS, "prefers-color-scheme: dark")
	}
	block, _, _ := strings.Cut(sheet, "}")
	colours := map[string]colorful.Color{}
	for _, v := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6})`).FindAllStringSubmatch(block, -1) {
		c, err := colorful.Hex(v[2])
		if err != nil {
			t.Fatal(err)
		}
		colours[v[1]] = c
	}
	return colours
}

// sight is how linear light is seen, by people with each kind of colour vision: Machado, Oliveira and Fernandes (2009),
// severity 1.
var sight = map[string][3][3]float64{
	"all":    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protan": {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deutan": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritan": {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

func seen(c colorful.Color, by [3][3]float64) colorful.Color {
	r, g, b := c.LinearRgb()
	var out [3]float64
	for i, row := range by {
		out[i] = row[0]*r + row[1]*g + row[2]*b
	}
	return colorful.LinearRgb(out[0], out[1], out[2]).Clamped()
}

// contrast is that of WCAG 2.
func contrast(a, b colorful.Color) float64 {
	light := func(c colorful.Color) float64 {
		r, g, b := c.LinearRgb()
		return 0.2126*r + 0.7152*g + 0.0722*b
	}
	x, y := light(a), light(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Any two methods are told apart by their colours alone in the dark, whatever the colour vision, and in the light with
// every colour seen; where fewer are seen, marks and dashes help. All stand out from what they are drawn on.
func TestColoursAreToldApart(t *testing.T) {
	const hundredths = 100       // go-colorful's distance is a hundredth of CIEDE2000
	least := map[string]float64{ // below 5 a difference is seen side by side alone
		"light all": 14, "dark all": 18, "dark protan": 12, "dark deutan": 12, "dark tritan": 12,
	}
	for _, scheme := range []string{"light", "dark"} {
		v := variables(t, scheme)
		for k := range styles {
			for _, ground := range []string{"bg", "panel"} {
				if got := contrast(v[fmt.Sprintf("c%d", k)], v[ground]); got < 2.8 { // WCAG wants 3; panels are a little off white
					t.Errorf("%s: colour %d on %s has a contrast of %.2f", scheme, k, ground, got)
				}
			}
		}
		for kind, by := range sight {
			nearest, pair := math.Inf(1), ""
			for a := range styles {
				for b := range a {
					d := hundredths * seen(v[fmt.Sprintf("c%d", a)], by).DistanceCIEDE2000(seen(v[fmt.Sprintf("c%d", b)], by))
					if d < nearest {
						nearest, pair = d, fmt.Sprintf("%d and %d", b, a)
					}
				}
			}
			t.Logf("%s %s: nearest %s, %.1f", scheme, kind, pair, nearest)
			if want := least[scheme+" "+kind]; nearest < want {
				t.Errorf("%s, %s: colours %s are %.1f apart, want %v", scheme, kind, pair, nearest, want)
			}
		}
	}
}

// Files look as the page does in the light: the same colours and dashes for a series, the same colours for a height.
func TestFilesLookLikeThePage(t *testing.T) {
	hex := func(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
	v := variables(t, "light")
	for k := range styles + 1 {
		look := plots.LookOf(k)
		if got := v[fmt.Sprintf("c%d", k)].Hex(); got != hex(look.Colour) {
			t.Errorf("series %d is %s on the page, %s in files", k, got, hex(look.Colour))
		}
		var dashes []float64
		text := regexp.MustCompile(fmt.Sprintf(`\.s%d \{[^}]*--d: ([^;]*);`, k)).FindStringSubmatch(pageCSS)[1]
		for _, field := range strings.Fields(text) {
			if x, err := strconv.ParseFloat(field, 64); err == nil { // and not "none"
				dashes = append(dashes, x)
			}
		}
		if !slices.Equal(dashes, look.Dashes) {
			t.Errorf("series %d has dashes %v on the page, %v in files", k, dashes, look.Dashes)
		}
	}
	for k := range shades {
		got := regexp.MustCompile(fmt.Sprintf(`\.h%d \{ fill: (#[0-9a-f]{6});`, k)).FindStringSubmatch(pageCSS)[1]
		if want := hex(plots.Viridis(float64(k) / (shades - 1))); got != want {
			t.Errorf("shade %d is %s on the page, viridis is %s", k, got, want)
		}
	}
}
