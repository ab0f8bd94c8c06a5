package datasets

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
)

// CIFAR's images: 32×32 pixels, stored as one plane per colour, after one label (CIFAR-10) or two (CIFAR-100, whose
// first is the coarse class and is not used).
const (
	cifarSide     = 32
	cifarChannels = 3
	cifarImage    = cifarSide * cifarSide * cifarChannels
)

// cifarForm is what tells CIFAR-10 and CIFAR-100 apart.
type cifarForm struct {
	name       string
	classes    int
	labelBytes int
	subfolders []string
	trainFiles []string // as published
	testFiles  []string
	published  *regexp.Regexp // names of published files, which have a known length
	records    map[string]int // records in each of them, by the first submatch
}

var cifar10 = cifarForm{
	name: "cifar10", classes: 10, labelBytes: 1,
	subfolders: []string{"cifar10", "cifar-10", "cifar-10-batches-bin", "cifar10-subset"},
	trainFiles: []string{"data_batch_*.bin"}, testFiles: []string{"test_batch.bin"},
	published: regexp.MustCompile(`^(data_batch|test_batch)(_[1-5])?\.bin(\.gz)?$`),
	records:   map[string]int{"data_batch": 10_000, "test_batch": 10_000},
}

var cifar100 = cifarForm{
	name: "cifar100", classes: 100, labelBytes: 2,
	subfolders: []string{"cifar100", "cifar-100", "cifar-100-binary", "cifar100-subset"},
	trainFiles: []string{"train.bin"}, testFiles: []string{"test.bin"},
	published: regexp.MustCompile(`^(train|test)\.bin(\.gz)?$`),
	records:   map[string]int{"train": 50_000, "test": 10_000},
}

// files returns the training and test files from the first folder that has both: the published ones, else, if no
// folder has them, a subset's, named train-….bin and test-….bin; nil if there are none.
func (c cifarForm) files(dir string) (train, test []string) {
	for _, names := range [][2][]string{{c.trainFiles, c.testFiles}, {{"train-*.bin"}, {"test-*.bin"}}} {
		for _, folder := range folders(dir, c.subfolders) {
			train, test = findFiles(folder, names[0]...), findFiles(folder, names[1]...)
			if len(train) > 0 && len(test) > 0 {
				return train, test
			}
		}
	}
	return nil, nil
}

// read reads whichever files there are.
func (c cifarForm) read(o Options) (pool, test images, err error) {
	trainFiles, testFiles := c.files(o.Dir)
	if trainFiles == nil {
		want := fmt.Sprintf("%v and %v, or train-*.bin and test-*.bin, [.gz]", c.trainFiles, c.testFiles)
		return pool, test, missing(c.name, o.Dir, folders(o.Dir, c.subfolders), want)
	}
	if pool, err = c.readFiles(trainFiles); err != nil {
		return pool, test, err
	}
	test, err = c.readFiles(testFiles)
	return pool, test, err
}

// readFiles reads one file after another.
func (c cifarForm) readFiles(paths []string) (images, error) {
	all := images{height: cifarSide, width: cifarSide, channels: cifarChannels, max: 255}
	for _, path := range paths {
		contents, err := readFile(path)
		if err != nil {
			return all, err
		}
		labels, pixels, err := c.parse(path, contents)
		if err != nil {
			return all, err
		}
		all.labels = append(all.labels, labels...)
		all.pixels = slices.Concat(all.pixels, pixels)
		all.files = append(all.files, path)
	}
	return all, nil
}

// parse reads the records of one file and turns their planes into pixels.
func (c cifarForm) parse(path string, contents []byte) (labels, pixels []uint8, err error) {
	record := c.labelBytes + cifarImage
	if match := c.published.FindStringSubmatch(filepath.Base(path)); match != nil {
		n := c.records[match[1]]
		if len(contents) != n*record {
			return nil, nil, fmt.Errorf("datasets: %s is %d bytes, want %d (%d records × %d bytes): %s", path, len(contents),
				n*record, n, record, again)
		}
	}
	if len(contents) == 0 || len(contents)%record != 0 {
		return nil, nil, fmt.Errorf("datasets: %s is %d bytes, want a multiple of %d (labels and %d×%d×%d pixels a "+
			"record): %s",
			path, len(contents), record, cifarSide, cifarSide, cifarChannels, again)
	}
	n := len(contents) / record
	labels = make([]uint8, n)
	pixels = make([]uint8, 0, n*cifarImage)
	for i := range n {
		one := contents[i*record : (i+1)*record]
		labels[i] = one[c.labelBytes-1]
		planes := one[c.labelBytes:]
		const plane = cifarSide * cifarSide
		for p := range plane {
			pixels = append(pixels, planes[p], planes[plane+p], planes[2*plane+p])
		}
	}
	return labels, pixels, checkLabels(path, labels, c.classes)
}
