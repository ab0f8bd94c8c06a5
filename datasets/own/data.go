package own

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Data is data that was opened.
type Data struct {
	// Height, Width and Channels are those of one image; a table has 1×1 and a channel for each of its numbers.
	Height, Width, Channels int
	// Bytes says that values are from 0 to 255, and whole but for pictures of 16 bits.
	Bytes bool
	// Columns are the columns that a table is made of, in the order of its channels; nil for images.
	Columns []Column
	// Classes are the names of the classes; nil in a regression.
	Classes []string
	// Label is what is learnt, for people.
	Label string
	// Train is always there. Without Test, which is nil then, a part of Train is to be tested on.
	Train, Validation, Test *Part
	// Files are those that are read.
	Files []string
	// Notes say what is not obvious in how the data was understood.
	Notes []string
}

// Column is a column of a table that the model sees.
type Column struct {
	Name string `json:"name"`
	// Categories are the words of a categorical column, each of which has a channel that is 1 where it stands and 0
	// elsewhere; nil for a column of numbers, which has one channel.
	Categories []string `json:"categories,omitempty"`
}

// Part is a number of examples.
type Part struct {
	// Labels is the class of each example, Targets its number; one of them is nil.
	Labels  []int32
	Targets []float64
	// Where says for people where an example stands: its file, or its line.
	Where func(row int) string

	path string
	each func(use func(row int, values []float64) error) error
}

// Len is the number of examples.
func (p *Part) Len() int { return max(len(p.Labels), len(p.Targets)) }

// Each reads the examples and passes them to use in their order, each as its values by row, column and channel. The
// slice is the same every time. It fails on what cannot be read, on a value that is not finite, and when use does.
// Values are in float64, for float32 may round numbers that are far from 0 to the same one: standardise them first.
func (p *Part) Each(use func(row int, values []float64) error) (err error) {
	defer caught(p.path, &err)
	read := 0
	err = p.each(func(row int, values []float64) error {
		if read++; row >= p.Len() {
			return p.changed()
		}
		for i, x := range values {
			if math.IsNaN(x) || math.IsInf(float64(float32(x)), 0) {
				return fmt.Errorf("datasets: %s holds %v in %s, value %d: want finite numbers in float32: mend it", p.path, x,
					p.Where(row), i+1)
			}
		}
		return use(row, values)
	})
	if err == nil && read != p.Len() {
		err = p.changed()
	}
	return err
}

func (p *Part) changed() error {
	return fmt.Errorf("datasets: %s does not hold the %d examples that it held when it was opened: "+
		"do not change it meanwhile", p.path, p.Len())
}

// Size is the number of values of an example.
func (d *Data) Size() int { return d.Height * d.Width * d.Channels }

// Scaled tells whether a channel holds numbers, which are to be standardised, and no category's zeros and ones.
func (d *Data) Scaled() []bool {
	scaled := make([]bool, 0, d.Channels)
	for _, c := range d.Columns {
		for range max(1, len(c.Categories)) {
			scaled = append(scaled, c.Categories == nil)
		}
	}
	for len(scaled) < d.Channels {
		scaled = append(scaled, true)
	}
	return scaled
}

// check refuses data that is too large or, where it is to be trained on, that nothing can be learnt of.
func (d *Data) check(path string, trained bool) error {
	examples := 0
	for _, p := range []*Part{d.Train, d.Validation, d.Test} {
		if p != nil {
			p.path = path
			examples += p.Len()
		}
	}
	switch {
	case d.Train.Len() == 0 && !trained:
		return fmt.Errorf("datasets: %s has no example: want one or more", path)
	case d.Train.Len() == 0:
		return fmt.Errorf("datasets: %s has no example to train on: want some", path)
	case d.Test != nil && d.Test.Len() == 0:
		return fmt.Errorf("datasets: %s has no example in its test part: want some, or no test part", path)
	case trained && d.Test == nil && d.Train.Len() < 2:
		return fmt.Errorf("datasets: %s has one example: want two or more, to train on and to test on", path)
	case trained && d.Train.Targets == nil && len(d.Classes) < 2:
		return fmt.Errorf("datasets: %s has %d class (%s): want two or more to tell apart", path, len(d.Classes),
			strings.Join(d.Classes, ", "))
	}
	if err := checkExample(path, d.Size()); err != nil {
		return err
	}
	return checkSize(path, examples, d.Height, d.Width, d.Channels)
}

// Unreadable is a file that cannot be read, and why.
type Unreadable struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

// UnreadableError says which files of a folder cannot be read.
type UnreadableError struct {
	Root  string
	Of    int // files in all
	Files []Unreadable
}

// Error names the first three.
func (e *UnreadableError) Error() string {
	const shown = 3
	var named []string
	for _, f := range e.Files[:min(shown, len(e.Files))] {
		named = append(named, f.Path+" ("+f.Why+")")
	}
	more := ""
	if n := len(e.Files) - shown; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("datasets: %s: %d of %d images cannot be read: %s%s: mend or remove them; "+
		"xsam data inspect lists them all", e.Root, len(e.Files), e.Of, strings.Join(named, ", "), more)
}

// ListUnreadable are the files that an error is about, nil if it is about something else.
func ListUnreadable(err error) []Unreadable {
	var e *UnreadableError
	if errors.As(err, &e) {
		return e.Files
	}
	return nil
}
