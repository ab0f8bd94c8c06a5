package datasets

import "math/rand/v2"

// Augmentation is a random change of an image that leaves its class as it is: a shift by up to Pad pixels each way,
// as a crop from the image with a border of Pad pixels, and, if Flip, a mirror image half of the time. The border has
// the value 0, the mean of the training images after standard normalisation.
//
// Reference: He et al., Deep residual learning for image recognition, 2016, section 4.2 (Pad 4 and Flip on CIFAR-10).
type Augmentation struct {
	Pad  int
	Flip bool
}

// apply writes the changed image of s's row: rows and columns shifted by draws from −Pad … Pad, and perhaps mirrored.
func (a Augmentation) apply(to []float32, s *Set, row int, random *rand.Rand) {
	down := random.IntN(2*a.Pad+1) - a.Pad
	right := random.IntN(2*a.Pad+1) - a.Pad
	mirror := random.IntN(2) == 1 && a.Flip
	shift(to, s.image(row), s.Height, s.Width, s.Channels, down, right, mirror)
}

// shift writes image, mirrored or not, moved down and right by so many pixels, with 0 where nothing is left.
func shift(to, image []float32, height, width, channels, down, right int, mirror bool) {
	clear(to)
	for y := max(0, down); y < min(height, height+down); y++ {
		for x := max(0, right); x < min(width, width+right); x++ {
			fromX := x - right
			if mirror {
				fromX = width - 1 - fromX
			}
			from := ((y-down)*width + fromX) * channels
			copy(to[(y*width+x)*channels:][:channels], image[from:from+channels])
		}
	}
}
