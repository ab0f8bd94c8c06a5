package datasets

import "math"

// point is a place on a sign's paper, −1 … 1 from left to right and from top to bottom.
type point struct{ x, y float64 }

// sign is one class of glyph: strokes, each a line through its points.
type sign struct {
	name    string
	strokes [][]point
}

// signs are the ten classes. Some are a little alike on purpose: circle and square, vee and triangle, plus and cross.
var signs = []sign{
	{"plus", [][]point{{{-1, 0}, {1, 0}}, {{0, -1}, {0, 1}}}},
	{"cross", [][]point{{{-1, -1}, {1, 1}}, {{-1, 1}, {1, -1}}}},
	{"circle", [][]point{arc(0, 0, 1, 0, 2*math.Pi)}},
	{"square", [][]point{{{-0.9, -0.9}, {0.9, -0.9}, {0.9, 0.9}, {-0.9, 0.9}, {-0.9, -0.9}}}},
	{"triangle", [][]point{{{0, -1}, {1, 0.9}, {-1, 0.9}, {0, -1}}}},
	{"tee", [][]point{{{-1, -1}, {1, -1}}, {{0, -1}, {0, 1}}}},
	{"vee", [][]point{{{-1, -1}, {0, 1}, {1, -1}}}},
	{"zed", [][]point{{{-0.9, -1}, {0.9, -1}, {-0.9, 1}, {0.9, 1}}}},
	{"hook", [][]point{append([]point{{0.6, -1}}, arc(-0.1, 0.3, 0.7, 0, math.Pi)...)}},
	{"aitch", [][]point{{{-0.9, -1}, {-0.9, 1}}, {{0.9, -1}, {0.9, 1}}, {{-0.9, 0}, {0.9, 0}}}},
}

// arc is the part of a circle from one angle to another, as a line through 17 points.
func arc(x, y, radius, from, to float64) []point {
	const pieces = 16
	points := make([]point, pieces+1)
	for i := range points {
		a := from + (to-from)*float64(i)/pieces
		points[i] = point{x + radius*math.Cos(a), y + radius*math.Sin(a)}
	}
	return points
}

func signNames() []string {
	names := make([]string, len(signs))
	for i, s := range signs {
		names[i] = s.name
	}
	return names
}
