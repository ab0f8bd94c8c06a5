package plots

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Look is how a series is told apart: three ways, so that none of them is needed.
type Look struct {
	Colour color.RGBA
	Dashes []float64 // lengths of strokes and gaps in points; nil for a line without gaps
	mark   draw.GlyphDrawer
}

// Looks is the number of looks; LookOf takes the ninth series for the first.
const Looks = 8

// Reference is the look of a line that is no measurement, such as a bound.
const Reference = Looks

// looks begin with colours of Okabe and Ito (2008), darker where they were pale on white.
var looks = [Looks + 1]Look{
	{rgb(0x0072b2), nil, draw.CircleGlyph{}},
	{rgb(0xd55e00), []float64{7, 3}, draw.BoxGlyph{}},
	{rgb(0x009e73), []float64{2, 3}, draw.PyramidGlyph{}},
	{rgb(0xb3588f), []float64{9, 3, 2, 3}, diamond},
	{rgb(0xc98700), []float64{4, 2}, peak},
	{rgb(0x2f9bd6), []float64{1, 3}, plus},
	{rgb(0x333a41), []float64{12, 4}, star},
	{rgb(0x8a7f00), []float64{6, 2, 1, 2, 1, 2}, bar},
	Reference: {rgb(0x6b737b), []float64{3, 4}, draw.CircleGlyph{}},
}

// LookOf is the look of a series of a number, Reference among them.
func LookOf(style int) Look {
	if style == Reference {
		return looks[Reference]
	}
	return looks[style%Looks]
}

// Line says how the line of a series is drawn.
type Line int

// The lines: as the look says or, where two comparisons are laid over each other, without gaps for the first and with
// even ones and hollow marks for the second.
const (
	OwnLine Line = iota
	FirstLine
	SecondLine
)

// drawn is the look of a series with such a line.
func (l Look) drawn(line Line) Look {
	switch line {
	case FirstLine:
		l.Dashes = nil
	case SecondLine:
		l.Dashes = []float64{5, 4}
	}
	return l
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

// pale is the colour of a band.
func (l Look) pale() color.Color { return color.NRGBA{l.Colour.R, l.Colour.G, l.Colour.B, 40} }

func (l Look) line() draw.LineStyle {
	s := draw.LineStyle{Color: l.Colour, Width: vg.Points(1.5)}
	for _, d := range l.Dashes {
		s.Dashes = append(s.Dashes, vg.Points(d))
	}
	return s
}

func (l Look) glyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.Colour, Radius: vg.Points(2.6), Shape: l.mark}
}
