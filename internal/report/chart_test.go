package report

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

func TestTicks(t *testing.T) {
	tests := []struct {
		name string
		axis axis
		want []float64
	}{
		{"multiples of two", axis{from: 0, to: 10}, []float64{0, 2, 4, 6, 8, 10}},
		{"zero is not negative", axis{from: -1, to: 1}, []float64{-1, -0.5, 0, 0.5, 1}},
		{"whole numbers", axis{from: 1, to: 3, whole: true}, []float64{1, 2, 3}},
		{"powers of ten", axis{from: -3, to: 1, log: true}, []float64{1e-3, 1e-2, 1e-1, 1, 10}},
		{"with 2 and 5", axis{from: 0, to: 1, log: true}, []float64{1, 2, 5, 10}},
	}
	for _, tt := range tests {
		got := tt.axis.tickValues()
		if len(got) != len(tt.want) {
			t.Errorf("%s: ticks %v, want %v", tt.name, got, tt.want)
			continue
		}
		for i := range got {
			if math.Abs(got[i]-tt.want[i]) > 1e-12*math.Abs(tt.want[i]) ||
				math.Signbit(got[i]) != math.Signbit(tt.want[i]) { // i·step and 10ⁿ round
				t.Errorf("%s: ticks %v, want %v", tt.name, got, tt.want)
			}
		}
	}
	for v, want := range map[float64]string{0: "0", 0.5: "0.5", 1000: "1000", 0.0001: "0.0001", 1e-5: "1e-5",
		1.5e7: "1.5e7", -2: "-2"} {
		if got := tickText(v); got != want {
			t.Errorf("tickText(%v) = %q, want %q", v, got, want)
		}
	}
}

// A band over seeds is the estimate of package compare at each step; a run that lacks the step does not count.
func TestBand(t *testing.T) {
	run := func(losses ...float64) *runlog.Run {
		r := &runlog.Run{}
		for i, l := range losses {
			at := runlog.Record{Kind: runlog.Train, Step: int64(10 * (i + 1)), Epoch: runlog.Num(float64(i + 1))}
			at.Loss = runlog.Num(l)
			r.Records = append(r.Records, at)
		}
		return r
	}
	s := band("sam", "sam", 1, []*runlog.Run{run(1, 2), run(3, 4), run(5)}, train(loss), false)
	for i, want := range []compare.Estimate{compare.NewEstimate([]float64{1, 3, 5}), compare.NewEstimate([]float64{2,
		4})} {
		if s.X[i] != float64(i+1) || s.Y[i] != want.Mean || s.Lo[i] != want.Mean-want.HalfWidth ||
			s.Hi[i] != want.Mean+want.HalfWidth || s.Text[i] != want.String() {
			t.Errorf("epoch %v: %v in [%v, %v] as %q, want %v", s.X[i], s.Y[i], s.Lo[i], s.Hi[i], s.Text[i], want)
		}
	}
}

// Points lie on the page where their values say: the axes map the ends of the range to the ends of the area.
func TestDraw(t *testing.T) {
	c := Chart{Series: []Series{{Name: "a", X: []float64{0, 1, 2}, Y: []float64{1, math.NaN(), 100}}, {Name: "b",
		X: []float64{0, 1}, Y: []float64{1, 10}}}}
	p, ok := c.draw(true)
	if !ok || len(p.Curves[0].Lines) != 0 || len(p.Curves[0].Marks) != 2 {
		t.Fatalf("drawn %v: %+v, want two marks and no line across a missing value", ok, p.Curves)
	}
	a := newAxis(1, 100, true, bottom, top, padding)
	if got, want := a.at(10), (bottom+top)/2; math.Abs(got-want) > 1e-9 { // pixels; rounding of logarithms
		t.Errorf("10 on an axis from 1 to 100 is at %v, want the middle, %v", got, want)
	}
	if _, ok := (&Chart{Series: []Series{{X: []float64{1}, Y: []float64{-1}}}}).draw(true); ok {
		t.Error("a negative value is drawn on a logarithmic axis")
	}
	if p, ok := (&Chart{Series: []Series{{X: []float64{1}, Y: []float64{5}}}}).draw(false); !ok || len(p.XTicks) == 0 ||
		len(p.YTicks) == 0 {
		t.Errorf("a single point: %v, %+v, want it drawn with ticks", ok, p)
	}
}

func TestThin(t *testing.T) {
	if got := thin(5, 3); !slices.Equal(got, []int{0, 2, 4}) {
		t.Errorf("thin(5, 3) = %v, want [0 2 4]", got)
	}
	if got := thin(2, 3); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("thin(2, 3) = %v, want [0 1]", got)
	}
}

func TestOrderOfMethods(t *testing.T) {
	got := []string{"zoo", "xsam", "sam:rho=0.1", "sgd", "xsam-paper", "sam", "xsam-lite"}
	slices.SortFunc(got, compareMethods)
	if want := []string{"sgd", "sam", "sam:rho=0.1", "xsam", "xsam-lite", "xsam-paper", "zoo"}; !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
	for _, tt := range []struct {
		methods  []string
		baseline string
		want     string
	}{{got, "sam", "xsam"}, {[]string{"sgd", "sam"}, "sgd", "sam"}, {[]string{"sam"}, "sam", ""}, {[]string{"sam",
		"xsam:alpha=0"}, "sam", "xsam:alpha=0"}} {
		if got := subject(tt.methods, tt.baseline); got != tt.want {
			t.Errorf("subject(%q, %q) = %q, want %q", tt.methods, tt.baseline, got, tt.want)
		}
	}
}

// The marks of the page and the styles of its style sheet are as many.
func TestStyles(t *testing.T) {
	css, err := os.ReadFile("assets/page.css")
	if err != nil {
		t.Fatal(err)
	}
	for i := range styles + 1 {
		if want := fmt.Sprintf(".s%d {", i); !strings.Contains(string(css), want) {
			t.Errorf("page.css has no %q", want)
		}
	}
}
