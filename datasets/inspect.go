package datasets

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/xsam-go/xsam/datasets/own"
)

// Inspection says what was understood of data of the user's own.
type Inspection struct {
	Data        string           `json:"data"`
	Fingerprint string           `json:"fingerprint"`
	Files       int              `json:"files"`
	Task        string           `json:"task"` // "classification" or "regression"
	Label       string           `json:"label"`
	Image       [3]int           `json:"image"`           // height, width, channels; of a table 1, 1, numbers; else 0
	Sizes       []own.SizeCount  `json:"sizes,omitempty"` // of images that have several, where none was asked for
	Table       bool             `json:"table"`
	Columns     []own.Column     `json:"columns,omitempty"`
	Classes     []string         `json:"classes,omitempty"`
	Split       string           `json:"split"`
	Parts       []Inspected      `json:"parts"`
	Duplicates  Duplicates       `json:"duplicates"`
	Unreadable  []own.Unreadable `json:"unreadable,omitempty"`
	Notes       []string         `json:"notes,omitempty"`

	byHash map[[16]byte]seen // training examples, by their values
	tested []hashed
}

// Inspected is what a part holds: values as they are stored.
type Inspected struct {
	Name        string `json:"name"` // train, validation, test
	Examples    int    `json:"examples"`
	ClassCounts []int  `json:"class_counts,omitempty"`
	Values      Range  `json:"values"`
	Targets     *Range `json:"targets,omitempty"` // of a regression
}

// Range is the smallest and the largest of some numbers.
type Range struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// Duplicates counts the test examples whose values are those of a training example, and those among them that have
// another label. Examples names the first few.
type Duplicates struct {
	TrainTest  int      `json:"train_test"`
	OtherLabel int      `json:"other_label"`
	Examples   []string `json:"examples,omitempty"`
}

type seen struct {
	where string
	label float64
}

type hashed struct {
	hash [16]byte
	seen
}

// Inspect reads data of the user's own as Load does, keeps none of it, and says what it understood. Of files that
// cannot be read, and of images of several sizes where none was asked for, it returns an error, and what it knows
// beside it. Duplicates are then those among the images brought to the size that the error names.
func Inspect(name string, o Options) (*Inspection, error) {
	source, ok := own.Parse(name)
	if !ok {
		return nil, fmt.Errorf("datasets: %q is no data of your own: want %s; for built-in sets there is xsam data verify",
			name, OwnForms())
	}
	m, err := openOwn(source, o)
	noSize := err
	sizes, mixed := errors.AsType[*own.SizesError](err)
	switch {
	case mixed:
		o.Own.Image = sizes.Image()
	case own.ListUnreadable(err) != nil: // not one image can be read
		o.Own.Image = "1x1x1"
	default:
		noSize = nil
	}
	if noSize != nil {
		m, err = openOwn(source, o)
	}
	if err != nil {
		return nil, err
	}
	i := &Inspection{
		Data: name, Files: len(m.Files), Task: "classification", Label: m.Label, Image: [3]int{m.Height, m.Width, m.Channels},
		Table: m.Columns != nil, Columns: m.Columns, Classes: m.Classes, Notes: m.Notes, Split: m.splitText(o),
		byHash: map[[16]byte]seen{},
	}
	if m.regression() {
		i.Task = own.Regression
	}
	if i.Fingerprint, err = source.Fingerprint(o.Dir); err != nil {
		return nil, err
	}
	err = i.read(m)
	i.Unreadable = own.ListUnreadable(err)
	if err != nil && i.Unreadable == nil {
		return nil, err
	}
	i.compare()
	if noSize != nil {
		i.Image, err = [3]int{}, noSize
	}
	if mixed {
		i.Sizes = sizes.Sizes
	}
	return i, err
}

// OwnForms lists the forms of the names of data of the user's own.
func OwnForms() string { return own.Forms() }

// splitText says where the parts come from.
func (m mine) splitText(o Options) string {
	switch {
	case m.Test != nil && m.Validation != nil:
		return "as it is stored; the validation part is read with --validation-size alone"
	case m.Test != nil:
		return "as it is stored"
	}
	return fmt.Sprintf("one part is stored: %d of its %d examples, drawn by seed %d, are tested on", len(m.rows.test),
		m.Train.Len(), o.Seed)
}

// read takes in every example.
func (i *Inspection) read(m mine) error {
	split := &Split{Train: &Set{Name: "train"}, Validation: &Set{Name: "validation"}, Test: &Set{Name: "test"}}
	parts := map[string]*Inspected{}
	for _, set := range []*Set{split.Train, split.Validation, split.Test} {
		parts[set.Name] = &Inspected{Name: set.Name, Values: Range{math.Inf(1), math.Inf(-1)}}
		if i.Task == own.Regression {
			parts[set.Name].Targets = &Range{math.Inf(1), math.Inf(-1)}
		} else {
			parts[set.Name].ClassCounts = make([]int, len(m.Classes))
		}
	}
	err := m.visit(split, func(part *own.Part, to place, row int, values []float64) error {
		if to.set == nil {
			return nil
		}
		p := parts[to.set.Name]
		p.Examples++
		for _, x := range values {
			p.Values.add(x)
		}
		label := 0.0
		if part.Targets != nil {
			label = part.Targets[row]
			p.Targets.add(label)
		} else {
			label = float64(part.Labels[row])
			p.ClassCounts[part.Labels[row]]++
		}
		i.note(to.set.Name, values, seen{part.Where(row), label})
		return nil
	})
	for _, name := range []string{"train", "validation", "test"} {
		if parts[name].Examples > 0 {
			i.Parts = append(i.Parts, *parts[name])
		}
	}
	return err
}

func (r *Range) add(x float64) { r.Min, r.Max = min(r.Min, x), max(r.Max, x) }

// note remembers an example by a hash of its values.
func (i *Inspection) note(part string, values []float64, at seen) {
	bytes := make([]byte, 0, 8*len(values))
	for _, x := range values {
		bytes = binary.LittleEndian.AppendUint64(bytes, math.Float64bits(x))
	}
	sum := sha256.Sum256(bytes)
	hash := [16]byte(sum[:16])
	switch _, known := i.byHash[hash]; {
	case part == "train" && !known:
		i.byHash[hash] = at
	case part == "test":
		i.tested = append(i.tested, hashed{hash, at})
	}
}

// compare looks for the test examples among the training examples.
func (i *Inspection) compare() {
	const named = 3
	for _, t := range i.tested {
		train, ok := i.byHash[t.hash]
		if !ok {
			continue
		}
		d := &i.Duplicates
		d.TrainTest++
		if train.label != t.label {
			d.OtherLabel++
		}
		if len(d.Examples) < named {
			d.Examples = append(d.Examples, t.where+" = "+train.where)
		}
	}
}
