package plots

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	_ "gonum.org/v1/plot/vg/vgimg" // PNG
	_ "gonum.org/v1/plot/vg/vgpdf" // PDF
	_ "gonum.org/v1/plot/vg/vgsvg" // SVG
)

// Formats are the formats of pictures, which are the endings of their files too: PNG for a screen, SVG and PDF for
// print, of lines that stay sharp at every size.
func Formats() []string { return []string{"png", "svg", "pdf"} }

// Picture is what Encode writes: a Chart, a Forest, a Surface.
type Picture interface {
	// paint returns what draws the picture, or says why it cannot be drawn.
	paint() (func(draw.Canvas), error)
}

// Encode writes a picture in a format.
func Encode(w io.Writer, p Picture, format string, size Size) error {
	if err := size.Validate(); err != nil {
		return err
	}
	if !slices.Contains(Formats(), format) {
		return fmt.Errorf("plots: format %q: want one of %s", format, strings.Join(Formats(), ", "))
	}
	paint, err := p.paint()
	if err == nil {
		err = encode(w, format, size, paint)
	}
	if err != nil {
		return fmt.Errorf("plots: %w", err)
	}
	return nil
}

// file paints a picture into a file.
func file(path, format string, size Size, paint func(draw.Canvas)) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(encode(f, format, size, paint), f.Close())
}

func encode(w io.Writer, format string, size Size, paint func(draw.Canvas)) error {
	width, height := size.lengths()
	canvas, err := draw.NewFormattedCanvas(width, height, format)
	if err != nil {
		return err
	}
	if format == "pdf" {
		canvas = pdf{canvas}
	}
	background(canvas, width, height)
	scale := size.scale()
	canvas.Scale(scale, scale)
	const margin = 3 * vg.Millimeter
	whole := draw.NewCanvas(canvas, width/vg.Length(scale), height/vg.Length(scale))
	paint(draw.Crop(whole, margin, -margin, margin, -margin))
	_, err = canvas.WriteTo(w)
	return err
}

// background makes the picture white, for readers with a dark screen.
func background(c vg.Canvas, width, height vg.Length) {
	c.SetColor(color.White)
	c.Fill(vg.Rectangle{Max: vg.Point{X: width, Y: height}}.Path())
}
