package own

import (
	"fmt"
	"math/bits"
	"regexp"
	"strconv"
)

// The limits. They follow from what a file says of itself, before anything of that size is made.
const (
	// MaxValues is the largest number of values of all examples together: 4 GiB in float32.
	MaxValues = 1 << 30
	// MaxText is the largest size of a CSV file, unpacked, in bytes; MaxLine that of one of its lines.
	MaxText, MaxLine = 1 << 28, 1 << 20
	// MaxPixels is the largest number of pixels of a stored picture, before it is resized.
	MaxPixels = 1 << 26
	// MaxExample is the largest number of values of an example.
	MaxExample = 1 << 26
	// MaxPicture is the largest size of the file of a picture in bytes.
	MaxPicture = 1 << 28
	// MaxFiles is the largest number of files in a folder.
	MaxFiles = 1 << 21
	// MaxClasses and MaxCategories are the largest numbers of classes, and of words of a categorical column.
	MaxClasses, MaxCategories = 10_000, 100

	maxPacking       = 1032    // how many bytes one byte of deflate can stand for
	maxNPYHeader     = 1 << 16 // bytes
	maxParquetFooter = 1 << 26 // bytes
	maxChunk         = 1 << 31 // bytes of a column in a row group of Parquet, unpacked
	maxDepth         = 8       // of folders in a class
)

// checkSize refuses more values than MaxValues. Factors may be any numbers that a file claims.
func checkSize(path string, factors ...int) error {
	total := uint64(1)
	for _, n := range factors {
		if n < 1 {
			return fmt.Errorf("datasets: %s claims the sizes %v: want 1 or more: it is damaged", path, factors)
		}
		high, low := bits.Mul64(total, uint64(n))
		if high > 0 || low > MaxValues {
			return fmt.Errorf("datasets: %s holds %v values, more than the limit of %d (4 GiB in float32): "+
				"take fewer examples or smaller images (--image HxWxC of folder and parquet)", path, times(factors), MaxValues)
		}
		total = low
	}
	return nil
}

// checkExample refuses examples of more values than MaxExample.
func checkExample(path string, values int) error {
	if values > MaxExample {
		return fmt.Errorf("datasets: %s has %d values in an example, more than the limit of %d: want smaller ones", path,
			values, MaxExample)
	}
	return nil
}

// checkPacked refuses a claim of more bytes than a packed file can hold, which would be believed when memory is taken.
func checkPacked(path string, claimed, stored int64) error {
	if claimed/maxPacking > stored {
		return fmt.Errorf("datasets: %s claims %d bytes, more than can be packed into its %d: it is damaged: "+
			"make or download it again", path, claimed, stored)
	}
	return nil
}

// times writes factors as a product.
func times(factors []int) string {
	text := ""
	for i, n := range factors {
		if i > 0 {
			text += "×"
		}
		text += strconv.Itoa(n)
	}
	return text
}

// size is height, width and channels of an image.
type size struct{ height, width, channels int }

var sizeForm = regexp.MustCompile(`^(\d{1,5})x(\d{1,5})x([13])$`)

// parseSize reads "HxWxC".
func parseSize(text string) (size, error) {
	m := sizeForm.FindStringSubmatch(text)
	if m == nil {
		return size{}, fmt.Errorf("datasets: --image %q: want height x width x channels, such as 32x32x3; "+
			"channels are 1 or 3", text)
	}
	var s size
	for i, to := range []*int{&s.height, &s.width, &s.channels} {
		*to, _ = strconv.Atoi(m[i+1]) // digits, few enough, by the expression
	}
	if s.height == 0 || s.width == 0 || s.height*s.width > MaxPixels {
		return size{}, fmt.Errorf("datasets: --image %q: want 1 to %d pixels", text, MaxPixels)
	}
	return s, nil
}
