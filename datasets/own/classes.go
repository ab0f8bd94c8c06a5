package own

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// numbered turns whole numbers of labels into classes: the different ones of the training part in their order, whatever
// they are, so that 1 … 26 are 26 classes; beside a run those of all parts. Names may be missing. It changes the labels
// of the parts in place.
func numbered(path string, o Options, name func(int32) string, train *Part, others ...*Part) (classes []string,
	err error) {
	seen, parts := map[int32]int32{}, append([]*Part{train}, others...)
	for i, part := range parts {
		if part == nil || i > 0 && o.like == nil {
			continue
		}
		for _, label := range part.Labels {
			seen[label] = 0
			if len(seen) > MaxClasses {
				return nil, tooManyClasses(path, len(seen))
			}
		}
	}
	for i, label := range slices.Sorted(maps.Keys(seen)) {
		seen[label] = int32(i)
		classes = append(classes, name(label))
	}
	for _, part := range parts {
		if part == nil {
			continue
		}
		for row, label := range part.Labels {
			class, ok := seen[label]
			if !ok {
				return nil, unknownClass(path, strconv.Itoa(int(label)), part.Where(row))
			}
			part.Labels[row] = class
		}
	}
	return classes, nil
}

// named turns words into classes in the order of their names, which for numbers is that of the numbers. It returns the
// class of each word.
func named(words map[string]bool) (classes []string, of map[string]int32) {
	classes = slices.SortedFunc(maps.Keys(words), compareNames)
	of = map[string]int32{}
	for i, word := range classes {
		of[word] = int32(i)
	}
	return classes, of
}

// compareNames orders numbers by their size, before words, and words by their letters.
func compareNames(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX == nil && errY == nil:
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

func tooManyClasses(path string, n int) error {
	return fmt.Errorf("datasets: %s has %d or more different labels: want %d at most: are they classes?", path, n,
		MaxClasses)
}

func unknownClass(path, label, where string) error {
	return fmt.Errorf("datasets: %s has the label %s in %s, and no example of it to train on: add some or remove it", path,
		label, where)
}
