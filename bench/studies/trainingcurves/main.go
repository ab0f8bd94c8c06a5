// Command trainingcurves draws λmax and test accuracy over the epochs of a comparison, each method with the 95 % band
// of its seeds, as one SVG:
//
//	xsam compare --eval-every 1 --curvature-every 1 --out OUT
//	go -C bench run ./studies/trainingcurves "$PWD/OUT" "$PWD/docs/pictures/glyphs-training.svg"
package main

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/runlog"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: trainingcurves OUT PICTURE.svg")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "trainingcurves:", err)
		os.Exit(1)
	}
}

// palette are colours of Okabe and Ito (2008), which people with any kind of colour vision tell apart.
var palette = []color.NRGBA{
	{0x66, 0x66, 0x66, 0xff}, {0xe6, 0x9f, 0x00, 0xff}, {0x00, 0x72, 0xb2, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79,
		0xa7, 0xff},
}

func run(out, picture string) error {
	runs, err := runlog.ReadRuns(out)
	if err != nil {
		return err
	}
	var methods []string
	values := map[string]map[float64][]float64{} // by panel and method, by epoch
	add := func(key string, epoch, value float64) {
		if values[key] == nil {
			values[key] = map[float64][]float64{}
		}
		values[key][epoch] = append(values[key][epoch], value)
	}
	for _, r := range runs {
		if !slices.Contains(methods, r.Setup.Method) {
			methods = append(methods, r.Setup.Method)
		}
		seen := map[string]bool{}
		for _, record := range r.Records {
			epoch := record.Epoch.Float()
			once := fmt.Sprint(record.Kind, epoch)
			switch {
			case record.Kind == runlog.Curvature && record.LambdaMax.Known() && !seen[once]:
				add("λmax "+r.Setup.Method, epoch, record.LambdaMax.Float())
				seen[once] = true
			case record.Kind == runlog.Eval && record.Split == runlog.TestSplit:
				add("accuracy "+r.Setup.Method, epoch, 100*record.Accuracy.Float())
			}
		}
	}
	slices.SortFunc(methods, func(a, b string) int {
		order := parameter.MethodNames()
		return slices.Index(order, a) - slices.Index(order, b)
	})
	lambda, err := panel("λmax", "λmax ", methods, values)
	if err != nil {
		return err
	}
	accuracy, err := panel("test accuracy, %", "accuracy ", methods, values)
	if err != nil {
		return err
	}
	canvas := vgsvg.New(22*vg.Centimeter, 8*vg.Centimeter)
	tiles := draw.Tiles{Rows: 1, Cols: 2, PadX: 6 * vg.Millimeter}
	for i, p := range []*plot.Plot{lambda, accuracy} {
		p.Draw(tiles.At(draw.New(canvas), i, 0))
	}
	file, err := os.Create(picture)
	if err != nil {
		return err
	}
	if _, err := canvas.WriteTo(file); err != nil {
		return err
	}
	return file.Close()
}

// panel draws one measure: a line of means and a band for each method.
func panel(title, key string, methods []string, values map[string]map[float64][]float64) (*plot.Plot, error) {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text, p.Legend.Top = "epoch", title, key == "λmax "
	p.Legend.Padding, p.Legend.XOffs, p.Y.Min = vg.Millimeter, -2*vg.Millimeter, 0
	small := font.Length(9)
	p.Legend.TextStyle.Font.Size, p.X.Label.TextStyle.Font.Size, p.Y.Label.TextStyle.Font.Size = small, small, small
	for i, method := range methods {
		byEpoch := values[key+method]
		var epochs []float64
		for epoch := range byEpoch {
			epochs = append(epochs, epoch)
		}
		slices.Sort(epochs)
		var line, upper, lower plotter.XYs
		for _, epoch := range epochs {
			e := compare.NewEstimate(byEpoch[epoch])
			half := e.HalfWidth
			if math.IsNaN(half) {
				half = 0
			}
			line = append(line, plotter.XY{X: epoch, Y: e.Mean})
			upper = append(upper, plotter.XY{X: epoch, Y: e.Mean + half})
			lower = append(lower, plotter.XY{X: epoch, Y: max(0, e.Mean-half)}) // neither measure is below 0
		}
		if len(line) == 0 {
			return nil, fmt.Errorf("%s: no records of %s along training: want runs with --eval-every 1 and "+
				"--curvature-every 1", method, title)
		}
		slices.Reverse(lower)
		colour := palette[i%len(palette)]
		band, err := plotter.NewPolygon(append(upper, lower...))
		if err != nil {
			return nil, err
		}
		faint := colour
		faint.A = 0x30
		band.Color, band.LineStyle.Width = faint, 0
		means, err := plotter.NewLine(line)
		if err != nil {
			return nil, err
		}
		means.Color, means.Width = colour, vg.Points(1.6)
		p.Add(band, means)
		p.Legend.Add(method, means)
	}
	return p, nil
}
