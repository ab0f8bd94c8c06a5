package plots

import (
	"image/color"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	gonumfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// pdf is a canvas of gonum/plot for PDF whose text is drawn as the outlines of its letters, and whose colours shine
// through. As it is it knows the letters of Western Europe alone, so that λ, η and − come out as others, and darkens
// what is half transparent (docs/decisions/009-figures.md).
type pdf struct{ vg.CanvasWriterTo }

// SetColor sets the colour of what is drawn next.
func (c pdf) SetColor(to color.Color) {
	if to == nil { // black, to gonum/plot
		to = color.Black
	}
	c.CanvasWriterTo.SetColor(straight(color.NRGBAModel.Convert(to).(color.NRGBA)))
}

// straight is a colour that says its parts before they are multiplied with its opacity, which vgpdf does itself.
type straight color.NRGBA

// RGBA implements color.Color, but for the multiplication.
func (c straight) RGBA() (r, g, b, a uint32) {
	const whole = 0x101 // 8 bits as 16
	return uint32(c.R) * whole, uint32(c.G) * whole, uint32(c.B) * whole, uint32(c.A) * whole
}

// unitsPerEm is the grid on which outlines are taken from the font.
const unitsPerEm = 2048

// FillString draws text with its left end and its base line at a point.
func (c pdf) FillString(face gonumfont.Face, at vg.Point, text string) {
	var buffer sfnt.Buffer
	scale := face.Font.Size / unitsPerEm
	var path vg.Path
	var before sfnt.GlyphIndex
	for i, letter := range []rune(text) {
		glyph, err := face.Face.GlyphIndex(&buffer, letter)
		if err != nil {
			continue // no such letter, and no box for a missing one
		}
		if i > 0 {
			if kern, err := face.Face.Kern(&buffer, before, glyph, fixed.I(unitsPerEm), font.HintingNone); err == nil {
				at.X += length(kern, scale)
			}
		}
		if segments, err := face.Face.LoadGlyph(&buffer, glyph, fixed.I(unitsPerEm), nil); err == nil {
			outline(&path, segments, at, scale)
		}
		if advance, err := face.Face.GlyphAdvance(&buffer, glyph, fixed.I(unitsPerEm), font.HintingNone); err == nil {
			at.X += length(advance, scale)
		}
		before = glyph
	}
	if len(path) > 0 {
		c.Fill(path)
	}
}

// length is a length of the font's grid on the page.
func length(x fixed.Int26_6, scale vg.Length) vg.Length { return vg.Length(x) / 64 * scale }

// outline adds the curves of a letter, whose y points down.
func outline(path *vg.Path, segments sfnt.Segments, at vg.Point, scale vg.Length) {
	place := func(p fixed.Point26_6) vg.Point {
		return vg.Point{X: at.X + length(p.X, scale), Y: at.Y - length(p.Y, scale)}
	}
	for i, s := range segments {
		p := s.Args
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				path.Close()
			}
			path.Move(place(p[0]))
		case sfnt.SegmentOpLineTo:
			path.Line(place(p[0]))
		case sfnt.SegmentOpQuadTo:
			path.QuadTo(place(p[0]), place(p[1]))
		case sfnt.SegmentOpCubeTo:
			path.CubeTo(place(p[0]), place(p[1]), place(p[2]))
		}
	}
	if len(segments) > 0 {
		path.Close()
	}
}
