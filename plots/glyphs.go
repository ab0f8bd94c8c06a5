package plots

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// shape is a filled mark by its corners, in units of a radius, y up. The shapes are those of the page.
type shape []vg.Point

var (
	diamond = shape{{X: -1.2}, {Y: 1.2}, {X: 1.2}, {Y: -1.2}}
	peak    = shape{{Y: -1.2}, {X: 1.15, Y: 0.85}, {X: -1.15, Y: 0.85}} // a triangle, upside down
	plus    = shape{
		{X: -0.38, Y: 1.1}, {X: 0.38, Y: 1.1}, {X: 0.38, Y: 0.38}, {X: 1.1, Y: 0.38}, {X: 1.1, Y: -0.38}, {X: 0.38, Y: -0.38},
		{X: 0.38, Y: -1.1}, {X: -0.38, Y: -1.1}, {X: -0.38, Y: -0.38}, {X: -1.1, Y: -0.38}, {X: -1.1, Y: 0.38},
		{X: -0.38, Y: 0.38},
	}
	star = shape{
		{Y: 1.25}, {X: 0.38, Y: 0.38}, {X: 1.25, Y: 0.38}, {X: 0.55, Y: -0.2}, {X: 0.85, Y: -1.12}, {Y: -0.58},
		{X: -0.85, Y: -1.12}, {X: -0.55, Y: -0.2}, {X: -1.25, Y: 0.38}, {X: -0.38, Y: 0.38},
	}
	bar = shape{{X: -1.25, Y: 0.55}, {X: 1.25, Y: 0.55}, {X: 1.25, Y: -0.55}, {X: -1.25, Y: -0.55}}
)

// DrawGlyph implements draw.GlyphDrawer.
func (s shape) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	var path vg.Path
	for i, corner := range s {
		corner = at.Add(corner.Scale(style.Radius))
		if i == 0 {
			path.Move(corner)
		} else {
			path.Line(corner)
		}
	}
	path.Close()
	c.SetColor(style.Color)
	c.Fill(path)
}
