package datasets

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/xsam-go/xsam/datasets/own"
)

// ErrNoScale is that of data whose scale is not known: built-in sets.
var ErrNoScale = errors.New("its examples cannot be brought to the scale of others")

// LoadLike reads all examples of data of the user's own, in their order, normalised as those of another split of such
// data: a training part, then the validation and test parts where there are any. Classes are those of the split by
// their names.
func LoadLike(like *Split, name string, opts Options) (*Set, error) {
	source, ok := own.Parse(name)
	switch {
	case !ok:
		return nil, fmt.Errorf("datasets: %q: want data of your own: %s", name, OwnForms())
	case like.scale == nil:
		return nil, fmt.Errorf("datasets: %s is a built-in set: %w", like.Train.Name, ErrNoScale)
	}
	t := like.Train
	data, err := source.OpenLike(opts.Dir, opts.Own, own.Like{
		Height: t.Height, Width: t.Width, Channels: t.Channels, Columns: like.scale.columns,
	})
	if err != nil {
		return nil, err
	}
	switch regression := data.Train.Targets != nil; {
	case data.Columns != nil && like.scale.columns != nil && !reflect.DeepEqual(data.Columns, like.scale.columns):
		return nil, fmt.Errorf("datasets: the columns of %s are not those of %s: want the same names, in the same order",
			name, t.Name)
	case data.Height != t.Height || data.Width != t.Width || data.Channels != t.Channels:
		return nil, fmt.Errorf("datasets: examples of %s are %d×%d×%d (height, width, channels), those of %s %d×%d×%d: want "+
			"the same", name, data.Height, data.Width, data.Channels, t.Name, t.Height, t.Width, t.Channels)
	case (data.Columns == nil) != (like.scale.columns == nil):
		return nil, fmt.Errorf("datasets: %s and %s are not both tables, or both images", name, t.Name)
	case data.Bytes != like.scale.bytes:
		return nil, fmt.Errorf("datasets: %s and %s do not both hold bytes from 0 to 255: want values of one range", name,
			t.Name)
	case regression != t.Regression():
		return nil, fmt.Errorf("datasets: %s and %s are not both of classes, or both of numbers", name, t.Name)
	}
	return like.whole(name, data)
}

// whole reads all examples.
func (s *Split) whole(name string, data *own.Data) (*Set, error) {
	classes, err := s.classes(name, data.Classes)
	if err != nil {
		return nil, err
	}
	set := *s.Train
	set.Name, set.Pixels, set.Labels, set.Targets = name, nil, nil, nil
	scaled := make([]float32, data.Size())
	for _, part := range []*own.Part{data.Train, data.Validation, data.Test} {
		if part == nil {
			continue
		}
		err := part.Each(func(row int, values []float64) error {
			s.scale.apply(scaled, values)
			set.Pixels = append(set.Pixels, scaled...)
			if part.Targets != nil {
				set.Targets = append(set.Targets, float32((part.Targets[row]-s.TargetMean)/s.TargetStd))
			} else {
				set.Labels = append(set.Labels, classes[part.Labels[row]])
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return &set, nil
}

// classes finds the classes of other data by their names.
func (s *Split) classes(name string, others []string) ([]int32, error) {
	numbers := map[string]int32{}
	for i, class := range s.ClassNames {
		numbers[class] = int32(i)
	}
	classes := make([]int32, len(others))
	for i, other := range others {
		number, ok := numbers[other]
		if !ok {
			return nil, fmt.Errorf("datasets: %s has the class %q, which %s has not: it has %q", name, other, s.Train.Name,
				s.ClassNames)
		}
		classes[i] = number
	}
	return classes, nil
}
