package own

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"
)

// SizeCount is a size of images, and how many files have it.
type SizeCount struct {
	Height   int `json:"height"`
	Width    int `json:"width"`
	Channels int `json:"channels"` // 1 or 3
	Files    int `json:"files"`
}

// SizesError says that images differ in height or width, and that no size was asked for.
type SizesError struct {
	Root  string
	Sizes []SizeCount // the most frequent first
}

// Error names the range of the sizes and what to do.
func (e *SizesError) Error() string {
	low, high := e.Sizes[0], e.Sizes[0]
	for _, s := range e.Sizes {
		low.Height, low.Width = min(low.Height, s.Height), min(low.Width, s.Width)
		high.Height, high.Width = max(high.Height, s.Height), max(high.Width, s.Width)
	}
	return fmt.Sprintf("datasets: %s holds images of different sizes, from %d×%d to %d×%d: say one with --image HxWxC, "+
		"such as --image %s; xsam data inspect lists them", e.Root, low.Height, low.Width, high.Height, high.Width, e.Image())
}

// Image is a size for Options.Image: small, and in colour where a file is.
func (e *SizesError) Image() string {
	channels := 0
	for _, s := range e.Sizes {
		channels = max(channels, s.Channels)
	}
	return fmt.Sprintf("32x32x%d", channels)
}

// setSize finds the size of the images: the one asked for, else the one that all files have.
func (d *Data) setSize(root, wanted string) error {
	if wanted != "" {
		s, err := parseSize(wanted)
		d.Height, d.Width, d.Channels = s.height, s.width, s.channels
		return err
	}
	counts := map[size]int{}
	var bad []Unreadable
	for _, path := range d.Files {
		s, err := fileSize(path)
		if err != nil {
			bad = append(bad, Unreadable{relative(root, path), err.Error()})
			continue
		}
		counts[s]++
	}
	if len(counts) == 0 {
		return &UnreadableError{root, len(d.Files), bad}
	}
	var sizes []SizeCount
	for s, n := range counts {
		sizes = append(sizes, SizeCount{s.height, s.width, s.channels, n})
		d.Height, d.Width, d.Channels = s.height, s.width, max(d.Channels, s.channels)
	}
	if slices.ContainsFunc(sizes, func(s SizeCount) bool { return s.Height != d.Height || s.Width != d.Width }) {
		slices.SortFunc(sizes, func(a, b SizeCount) int {
			return cmp.Or(b.Files-a.Files, a.Height-b.Height, a.Width-b.Width, a.Channels-b.Channels)
		})
		return &SizesError{root, sizes}
	}
	return nil
}

// fileSize reads the size of a picture from the beginning of its file.
func fileSize(path string) (s size, err error) {
	file, err := openPicture(path)
	if err != nil {
		return s, err
	}
	defer file.Close()
	return pictureSize(bufio.NewReader(file))
}
