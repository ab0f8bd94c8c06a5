package datasets

import (
	"encoding/binary"
	"fmt"
)

// The kinds of IDX file that hold images and labels: their first four bytes, zero, zero, 8 for bytes, number of axes.
const (
	idxImages uint32 = 0x00000803
	idxLabels uint32 = 0x00000801
)

// idxPatterns are the names of the four files of MNIST and of sets in its form; some copies have a dot for the second
// hyphen.
var idxPatterns = [4][2]string{
	{"train-images-idx3-ubyte", "train-images.idx3-ubyte"},
	{"train-labels-idx1-ubyte", "train-labels.idx1-ubyte"},
	{"t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"},
	{"t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"},
}

// idxFiles returns the four files of a set from the first folder that has them all, nil if none has.
func idxFiles(dir string, subfolders []string) []string {
	for _, folder := range folders(dir, subfolders) {
		var four []string
		for _, names := range idxPatterns {
			if found := findFiles(folder, names[:]...); len(found) > 0 {
				four = append(four, found[0])
			}
		}
		if len(four) == len(idxPatterns) {
			return four
		}
	}
	return nil
}

// readIDX reads a set of ten classes in MNIST's form.
func readIDX(name string, subfolders []string, o Options) (pool, test images, err error) {
	four := idxFiles(o.Dir, subfolders)
	if four == nil {
		return pool, test, missing(name, o.Dir, folders(o.Dir, subfolders),
			"{train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz]")
	}
	for _, path := range []string{four[1], four[3]} {
		if err := refuseOther(name, path); err != nil {
			return pool, test, err
		}
	}
	if pool, err = readIDXPair(four[0], four[1]); err != nil {
		return pool, test, err
	}
	if test, err = readIDXPair(four[2], four[3]); err != nil {
		return pool, test, err
	}
	if pool.height != test.height || pool.width != test.width {
		return pool, test, fmt.Errorf("datasets: %s holds images of %d×%d pixels, but %s of %d×%d: they are of two sets",
			four[0], pool.height, pool.width, four[2], test.height, test.width)
	}
	return pool, test, nil
}

// refuseOther fails if a file is known to belong to another set: MNIST and Fashion-MNIST have files of the same names.
func refuseOther(name, path string) error {
	sum, _, err := hashFile(path)
	if err != nil {
		return err
	}
	if file, known := knownFiles[sum]; known && file.set != name {
		return fmt.Errorf("datasets: %s belongs to %s, not to %s: use --data %s, or give another folder", path, file.set,
			name, file.set)
	}
	return nil
}

// readIDXPair reads a file of images with its file of labels.
func readIDXPair(imagePath, labelPath string) (images, error) {
	contents, err := readFile(imagePath)
	if err != nil {
		return images{}, err
	}
	axes, pixels, err := parseIDX(imagePath, contents, idxImages)
	if err != nil {
		return images{}, err
	}
	contents, err = readFile(labelPath)
	if err != nil {
		return images{}, err
	}
	labelAxes, labels, err := parseIDX(labelPath, contents, idxLabels)
	if err != nil {
		return images{}, err
	}
	if axes[0] != labelAxes[0] {
		return images{}, fmt.Errorf("datasets: %s holds %d images, but %s holds %d labels: they are of two sets, or one "+
			"of them is damaged",
			imagePath, axes[0], labelPath, labelAxes[0])
	}
	if err := checkLabels(labelPath, labels, 10); err != nil {
		return images{}, err
	}
	return images{height: axes[1], width: axes[2], channels: 1, max: 255, pixels: pixels, labels: labels,
		files: []string{imagePath, labelPath}}, nil
}

// parseIDX returns the lengths of the axes and the bytes of an IDX file of the wanted kind: four bytes that name the
// kind, the lengths as 32-bit numbers with the highest byte first, and the values with the last axis fastest.
func parseIDX(path string, contents []byte, kind uint32) (axes []int, values []uint8, err error) {
	count := int(kind & 0xff)
	header := 4 + 4*count
	if len(contents) < header {
		return nil, nil, fmt.Errorf("datasets: %s is %d bytes, too short for an IDX file: %s", path, len(contents), again)
	}
	if got := binary.BigEndian.Uint32(contents); got != kind {
		return nil, nil, fmt.Errorf("datasets: %s begins with %#08x, want %#08x (bytes on %d axes): it is no such IDX "+
			"file", path, got, kind, count)
	}
	want := 1
	for i := range count {
		n := int(binary.BigEndian.Uint32(contents[4+4*i:]))
		if n == 0 || n > 1<<24 || want > 1<<40/n {
			return nil, nil, fmt.Errorf("datasets: %s has length %d on axis %d: %s", path, n, i, again)
		}
		axes = append(axes, n)
		want *= n
	}
	if got := len(contents) - header; got != want {
		return nil, nil, fmt.Errorf("datasets: %s holds %d values, want %d (its header says %v): %s", path, got, want,
			axes, again)
	}
	return axes, contents[header:], nil
}
