package plots_test

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/plots"
	"github.com/xsam-go/xsam/runlog"
)

// figures is one picture of each kind.
func figures() map[string]plots.Picture {
	x := []float64{1, 2, 3}
	valley := &runlog.Landscape{Directions: []string{"v₁", "v₂"}, X: []float64{-1, 0, 1}, Y: []float64{-1, 0, 1},
		Loss: [][]runlog.Number{numbers(3, 2, 3), numbers(1, 0.5, 1), numbers(3, 2, 3)}, Path: [][2]float64{{1, 1}, {0, 0}}}
	return map[string]plots.Picture{
		"chart": plots.Chart{Title: "λmax − 2/η", X: "epoch", Y: "λmax", XAxis: plots.Axis{From: 1, To: 3},
			YAxis: plots.Axis{From: 0, To: 2, Log: true}, Series: []plots.Curve{{Name: "sam", X: x, Y: []float64{1, math.NaN(), 100},
				Lo: []float64{0, 1, 50}, Hi: []float64{2, 3, 200}}, {Name: "xsam", Style: 1, X: x, Y: []float64{1, 10, 100}}}},
		"forest": plots.Forest{{Title: "λmax", X: "difference from sam", Axis: plots.Axis{From: -2, To: 1},
			Rows: []plots.Interval{{Name: "xsam", Mean: -1, Lo: -1.5, Hi: -0.5, Solid: true}}}},
		"surface": plots.Surface{Title: "λ", Landscape: *valley, Frame: plots.NewFrame(valley)},
	}
}

// A PDF has the size that was asked for and holds strokes alone: no picture of pixels, and no font, whose code page
// would lack λ and η.
func TestPDFIsVectors(t *testing.T) {
	for name, figure := range figures() {
		var out bytes.Buffer
		if err := plots.Encode(&out, figure, "pdf", plots.Size{Width: 8, Height: 6}); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		box := regexp.MustCompile(`/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]`).FindStringSubmatch(text)
		if want := []string{"226.77", "170.08"}; len(box) != 3 || box[1] != want[0] || box[2] != want[1] { // 72 points an inch
			t.Errorf("%s: the page is %q, want %q points", name, box, want)
		}
		for _, not := range []string{"/Subtype /Image", "/Type /Font\n", "/BaseFont"} {
			if strings.Contains(text, not) {
				t.Errorf("%s: the PDF holds %q", name, not)
			}
		}
	}
}

func TestSVGSaysWhatItShows(t *testing.T) {
	want := map[string][]string{"chart": {"λmax − 2/η", ">sam<", ">xsam<", ">100<"}, "forest": {">xsam<", "difference from sam"},
		"surface": {"along v₁", ">training<", "#440154", "#FDE725"}}
	for name, figure := range figures() {
		var out bytes.Buffer
		if err := plots.Encode(&out, figure, "svg", plots.DefaultSize()); err != nil {
			t.Fatal(err)
		}
		for _, text := range want[name] {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s.svg lacks %q", name, text)
			}
		}
	}
}

// The ends and the middle of matplotlib's viridis.
func TestViridis(t *testing.T) {
	for height, want := range map[float64]string{-1: "440154", 0: "440154", 128. / 255: "21918c", 1: "fde725", 2: "fde725"} {
		c := plots.Viridis(height)
		if got := fmt.Sprintf("%02x%02x%02x", c.R, c.G, c.B); got != want {
			t.Errorf("Viridis(%v) = %s, want %s", height, got, want)
		}
	}
	var _ color.Color = plots.Viridis(0)
}

// Pictures of one frame share axes and heights: 0 is the lowest loss of all, 1 the highest.
func TestFrame(t *testing.T) {
	a := &runlog.Landscape{X: []float64{0, 1}, Y: []float64{0, 2}, Loss: [][]runlog.Number{numbers(1, 2), numbers(3, 4)}}
	b := &runlog.Landscape{X: []float64{-3, -1}, Y: []float64{0, 1}, Loss: [][]runlog.Number{numbers(0, 2), {{}, runlog.Num(9)}}}
	f := plots.NewFrame(a, b)
	if want := (plots.Frame{XFrom: -4, XTo: 1.5, YFrom: -1, YTo: 3, Low: 0, High: 9}); f != want {
		t.Fatalf("NewFrame = %+v, want %+v: half a cell beyond the outermost points", f, want)
	}
	for loss, want := range map[float64]float64{0: 0, 9: 1, 2: math.Log(3) / math.Log(10)} {
		if got := f.Height(loss); math.Abs(got-want) > 1e-15 { // one rounding of a logarithm
			t.Errorf("Height(%v) = %v, want %v", loss, got, want)
		}
		if back := f.Loss(want); math.Abs(back-loss) > 1e-14 {
			t.Errorf("Loss(%v) = %v, want %v", want, back, loss)
		}
	}
}

func TestSize(t *testing.T) {
	var s plots.Size
	if err := s.Set("8.5x6"); err != nil || s != (plots.Size{Width: 8.5, Height: 6}) || s.String() != "8.5x6" {
		t.Errorf("8.5x6 is read as %v, %v", s, err)
	}
	for _, text := range []string{"", "8", "8x", "x8", "0x8", "-8x8", "NaNx8", "8x101", "8x8x8"} {
		if err := s.Set(text); err == nil || !strings.Contains(err.Error(), "want WIDTHxHEIGHT") {
			t.Errorf("size %q: %v, want an error that says the form", text, err)
		}
	}
	if s.Width != 8.5 {
		t.Errorf("a size that cannot be read sets %v", s)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, tt := range []struct {
		picture plots.Picture
		format  string
		size    plots.Size
		want    string
	}{
		{figures()["chart"], "gif", plots.DefaultSize(), "want one of png, svg, pdf"},
		{figures()["chart"], "pdf", plots.Size{}, "want a width and a height"},
		{plots.Chart{}, "pdf", plots.DefaultSize(), "without a finite point"},
		{plots.Forest{}, "pdf", plots.DefaultSize(), "without a difference"},
		{plots.Surface{}, "pdf", plots.DefaultSize(), "losses that differ"},
	} {
		err := plots.Encode(&bytes.Buffer{}, tt.picture, tt.format, tt.size)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%T as %s, %v: %v, want an error about %q", tt.picture, tt.format, tt.size, err, tt.want)
		}
	}
}
