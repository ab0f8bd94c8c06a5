package datasets

import (
	"math"
	"math/rand/v2"
)

// Glyphs are signs drawn with a pen of random width, in random shape and place, on noisy paper. The numbers are
// chosen so that a plain multilayer perceptron (256-128-128-10) learns them in seconds, though not fully: 94 % of the
// test images in 30 epochs, and 85 % when a fifth of the training labels are redrawn and it has learnt those by
// heart.
const (
	glyphSide  = 16   // pixels
	glyphCount = 2000 // images to train on, and to test on, by default

	glyphTurn   = 0.30 // largest turn, radians
	glyphShear  = 0.25 // largest shear
	glyphMin    = 0.55 // half the size of the sign, in halves of the paper
	glyphMax    = 0.85
	glyphShift  = 0.20 // largest shift, in halves of the paper
	glyphWobble = 0.08 // standard deviation of each corner's place, in halves of the sign
	penMin      = 0.9  // width of the pen, pixels
	penMax      = 2.4
	inkMin      = 0.45 // how dark the pen writes; 1 is black
	inkMax      = 1.0
	noise       = 0.15 // standard deviation of the paper's brightness
)

// drawGlyphs draws the images to train on, those to validate with among them, and the images to test on. Image i of
// each part depends on the seed and i alone, and has class i mod 10.
func drawGlyphs(o Options) (pool, test images, err error) {
	pool = glyphs(o.Seed, 0, orAll(o.TrainSize, glyphCount)+o.ValidationSize)
	test = glyphs(o.Seed, 1, orAll(o.TestSize, glyphCount))
	return pool, test, nil
}

// glyphs draws n images of one part.
func glyphs(seed int64, part uint64, n int) images {
	im := images{height: glyphSide, width: glyphSide, channels: 1, max: 255,
		pixels: make([]uint8, n*glyphSide*glyphSide), labels: make([]uint8, n)}
	for i := range n {
		class := i % len(signs)
		im.labels[i] = uint8(class)
		drawGlyph(im.pixels[i*im.size():(i+1)*im.size()], signs[class], stream(seed, forGlyphs, part, uint64(i)))
	}
	return im
}

// drawGlyph draws one sign on a paper of glyphSide × glyphSide pixels.
func drawGlyph(paper []uint8, s sign, random *rand.Rand) {
	place := placement(random)
	pen := between(random, penMin, penMax)
	ink := between(random, inkMin, inkMax)
	var strokes [][]point
	for _, stroke := range s.strokes {
		moved := make([]point, len(stroke))
		for i, p := range stroke {
			p.x += glyphWobble * random.NormFloat64()
			p.y += glyphWobble * random.NormFloat64()
			moved[i] = place(p)
		}
		strokes = append(strokes, moved)
	}
	for row := range glyphSide {
		for column := range glyphSide {
			pixel := point{float64(column) + 0.5, float64(row) + 0.5}
			// The edge of a stroke is one pixel wide, half of it inside.
			cover := clamp(pen/2 - distance(pixel, strokes) + 0.5)
			value := clamp(ink*cover + noise*random.NormFloat64())
			paper[row*glyphSide+column] = uint8(math.Round(255 * value))
		}
	}
}

// placement draws an affine map from a sign's paper to pixels: stretch, shear, turn, shift.
func placement(random *rand.Rand) func(point) point {
	const half = glyphSide / 2.0
	stretchX, stretchY := between(random, glyphMin, glyphMax), between(random, glyphMin, glyphMax)
	shear := between(random, -glyphShear, glyphShear)
	sin, cos := math.Sincos(between(random, -glyphTurn, glyphTurn))
	right, down := between(random, -glyphShift, glyphShift), between(random, -glyphShift, glyphShift)
	return func(p point) point {
		x := stretchX * (p.x + shear*p.y)
		y := stretchY * p.y
		return point{half * (1 + cos*x - sin*y + right), half * (1 + sin*x + cos*y + down)}
	}
}

// distance from a point to the nearest piece of a stroke.
func distance(p point, strokes [][]point) float64 {
	nearest := math.Inf(1)
	for _, stroke := range strokes {
		for i := 1; i < len(stroke); i++ {
			nearest = min(nearest, toSegment(p, stroke[i-1], stroke[i]))
		}
	}
	return nearest
}

// toSegment is the distance from p to the line from a to b.
func toSegment(p, a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	along := 0.0 // the share of the way from a to b at which p is nearest
	if length := dx*dx + dy*dy; length > 0 {
		along = clamp(((p.x-a.x)*dx + (p.y-a.y)*dy) / length)
	}
	return math.Hypot(p.x-a.x-along*dx, p.y-a.y-along*dy)
}

// between is a uniform draw from low to high.
func between(random *rand.Rand, low, high float64) float64 { return low + (high-low)*random.Float64() }

// clamp keeps x in 0 … 1.
func clamp(x float64) float64 { return max(0, min(1, x)) }
