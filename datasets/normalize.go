package datasets

import "math"

// The two normalisations of Options.Normalize.
const (
	standard = "standard"
	centered = "centered"
)

// scaling maps stored values x of channel c to (x/max − mean[c]) / std[c].
type scaling struct {
	table [][]float32 // by channel, then by stored value: there are only 256
}

// fit finds the scaling of a normalisation from the training images. The standard deviation divides by the number of
// pixels, not by one less; a channel that never changes is only centred.
func fit(normal string, im images, train []int) scaling {
	s := scaling{table: make([][]float32, im.channels)}
	for c := range s.table {
		mean, std := 0.5, 1.0
		if normal == standard {
			mean, std = moments(im, train, c)
		}
		s.table[c] = make([]float32, 256)
		for x := range s.table[c] {
			s.table[c][x] = float32((float64(x)/float64(im.max) - mean) / std)
		}
	}
	return s
}

// moments returns mean and standard deviation of one channel of the given images, in units of the brightest pixel.
// The sums are exact: they are whole numbers far below 2⁶³.
func moments(im images, rows []int, channel int) (mean, std float64) {
	var sum, squares, n int64
	for _, row := range rows {
		image := im.pixels[row*im.size() : (row+1)*im.size()]
		for i := channel; i < len(image); i += im.channels {
			x := int64(image[i])
			sum += x
			squares += x * x
			n++
		}
	}
	m := float64(sum) / float64(n)
	variance := float64(squares)/float64(n) - m*m
	if !(variance > 0) {
		return m / float64(im.max), 1
	}
	return m / float64(im.max), math.Sqrt(variance) / float64(im.max)
}

// apply writes the normalised form of one stored image.
func (s scaling) apply(to []float32, image []uint8) {
	channels := len(s.table)
	for i, x := range image {
		to[i] = s.table[i%channels][x]
	}
}
