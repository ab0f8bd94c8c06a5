package datasets

import (
	"errors"
	"fmt"

	"github.com/xsam-go/xsam/datasets/own"
)

// testShare is the part of data of the user's own that is tested on, where the data has no test part: a fifth.
const testShare = 5

// mine is data of the user's own with the rows of its parts that go to each set.
type mine struct {
	*own.Data
	rows
}

// openOwn opens the data and deals out its rows.
func openOwn(source own.Source, o Options) (m mine, err error) {
	if err := o.validate(); err != nil {
		return m, err
	}
	if o.Fingerprint != "" {
		got, err := source.Fingerprint(o.Dir)
		if err != nil {
			return m, err
		}
		if got != o.Fingerprint {
			return m, fmt.Errorf("datasets: %s under %s has changed: its fingerprint is %s, that of the run is %s: "+
				"give the data of the run (--data-dir), or make a new run", source, o.Dir, got, o.Fingerprint)
		}
	}
	if m.Data, err = source.Open(o.Dir, o.Own); err != nil {
		return m, err
	}
	if m.regression() && o.LabelNoise > 0 {
		return m, fmt.Errorf("datasets: %s with label noise %v: a regression has no classes to draw from: want 0", source,
			o.LabelNoise)
	}
	m.rows, err = m.deal(source.String(), o)
	return m, err
}

func (m mine) regression() bool { return m.Train.Targets != nil }

// deal picks the rows. Validation images come from a validation part where there is one, else from the training part;
// test images from a test part, else from the training part.
func (m mine) deal(name string, o Options) (r rows, err error) {
	asked := o.ValidationSize
	if m.Validation != nil {
		o.ValidationSize = 0
	}
	test, fromPool := 0, max(1, m.Train.Len()/testShare)
	if m.Test != nil {
		test, fromPool = m.Test.Len(), 0
	}
	if r, err = pickRows(name, m.Train.Len(), test, fromPool, o); err != nil || m.Validation == nil {
		return r, err
	}
	if n := m.Validation.Len(); asked > n {
		return r, fmt.Errorf("datasets: %s has %d validation images, fewer than ValidationSize = %d: lower it", name, n,
			asked)
	}
	r.validation = stream(o.Seed, forSplit).Perm(m.Validation.Len())[:asked]
	return r, nil
}

// loadOwn is Load for data of the user's own.
func loadOwn(source own.Source, o Options) (*Split, error) {
	m, err := openOwn(source, o)
	if err != nil {
		return nil, err
	}
	split := &Split{
		Train:      m.set(source, m.train),
		Validation: m.set(source, m.validation),
		Test:       m.set(source, m.test),
		ClassNames: m.Classes,
		Files:      m.Files,
	}
	if err := m.fill(split, o.Normalize); err != nil {
		return nil, err
	}
	if m.regression() {
		return split, nil
	}
	split.NoisyLabels = spoilLabels(split.Train, o.LabelNoise, o.Seed)
	return split, nil
}

// TrainingExamples is the number of examples that Load would train on, of data of the user's own.
func TrainingExamples(name string, opts Options) (int, error) {
	source, ok := own.Parse(name)
	if !ok {
		return 0, fmt.Errorf("datasets: %s: want data of your own: %s", name, OwnForms())
	}
	m, err := openOwn(source, opts)
	return len(m.train), err
}

// set makes room for rows.
func (m mine) set(source own.Source, rows []int) *Set {
	s := &Set{
		Name: source.String(), Height: m.Height, Width: m.Width, Channels: m.Channels, Classes: len(m.Classes),
		Pixels: make([]float32, len(rows)*m.Size()), Augmentation: m.augmentation(),
	}
	if m.regression() {
		s.Targets = make([]float32, len(rows))
	} else {
		s.Labels = make([]int32, len(rows))
	}
	return s
}

// augmentation shifts images by an eighth of their height, and mirrors those in colour: grey ones are often signs,
// whose mirror images are others.
func (m mine) augmentation() Augmentation {
	if m.Columns != nil {
		return Augmentation{}
	}
	return Augmentation{Pad: m.Height / 8, Flip: m.Channels == 3}
}

// place is where a row of a part goes: to the at-th example of a set. It goes nowhere where set is nil.
type place struct {
	set *Set
	at  int
}

// visit passes every example of the data to use, with the part that it is in and the place to which it goes.
func (m mine) visit(split *Split, use func(part *own.Part, to place, row int, values []float64) error) error {
	pool, validation, test := make([]place, m.Train.Len()), []place(nil), []place(nil)
	if m.Validation != nil {
		validation = make([]place, m.Validation.Len())
	}
	if m.Test != nil {
		test = make([]place, m.Test.Len())
	}
	put := func(places []place, rows []int, set *Set) {
		for at, row := range rows {
			places[row] = place{set, at}
		}
	}
	put(pool, m.train, split.Train)
	put(orPool(validation, pool), m.rows.validation, split.Validation)
	put(orPool(test, pool), m.rows.test, split.Test)
	var unreadable *own.UnreadableError // in all parts
	for _, p := range []struct {
		part   *own.Part
		places []place
	}{{m.Train, pool}, {m.Validation, validation}, {m.Test, test}} {
		if p.part == nil {
			continue
		}
		err := p.part.Each(func(row int, values []float64) error { return use(p.part, p.places[row], row, values) })
		var here *own.UnreadableError
		switch {
		case errors.As(err, &here) && unreadable != nil:
			unreadable.Files = append(unreadable.Files, here.Files...)
		case errors.As(err, &here):
			unreadable, here.Of = here, len(m.Files)
		case err != nil:
			return err
		}
	}
	if unreadable != nil {
		return unreadable
	}
	return nil
}

// orPool is places, or the pool's where there is no such part.
func orPool(places, pool []place) []place {
	if places == nil {
		return pool
	}
	return places
}

// fill reads the examples to where they go, normalised. Bytes are read once and normalised in place. Other numbers are
// read twice, for mean and deviation first: float32 may not tell them apart as they are stored.
func (m mine) fill(split *Split, how string) error {
	if m.Bytes {
		if err := m.read(split); err != nil {
			return err
		}
		mean, std := split.Train.channelMoments()
		split.scale = m.scale(mean, std, how)
		for _, s := range []*Set{split.Train, split.Validation, split.Test} {
			standardize(s.Pixels, split.scale.mean, split.scale.std)
		}
		return nil
	}
	values, targets := newRunning(m.Channels), newRunning(1)
	err := m.visit(split, func(part *own.Part, to place, row int, example []float64) error {
		if to.set == split.Train {
			values.add(example)
			if part.Targets != nil {
				targets.add(part.Targets[row : row+1])
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	split.scale = m.scale(values.mean, values.std(), how)
	if m.regression() {
		if err := split.setTargetScale(m.Label, targets); err != nil {
			return err
		}
	}
	return m.read(split)
}

// read reads the examples to where they go, on the scale of the split where it is known.
func (m mine) read(split *Split) error {
	return m.visit(split, func(part *own.Part, to place, row int, values []float64) error {
		if to.set == nil {
			return nil
		}
		split.scale.apply(to.set.image(to.at), values)
		if part.Targets != nil {
			to.set.Targets[to.at] = float32((part.Targets[row] - split.TargetMean) / split.TargetStd)
		} else {
			to.set.Labels[to.at] = part.Labels[row]
		}
		return nil
	})
}
