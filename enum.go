package xsam

import (
	"fmt"
	"slices"
)

// names are the texts of an enumeration, in the order of its values. Flags, labels and records know the values by them.
type names []string

func (n names) of(i int) string {
	if i < 0 || i >= len(n) {
		return fmt.Sprintf("value %d of none", i)
	}
	return n[i]
}

// read returns the value called text.
func (n names) read(text []byte) (int, error) {
	i := slices.Index(n, string(text))
	if i < 0 {
		return 0, fmt.Errorf("xsam: unknown value %q: want one of %v", text, []string(n))
	}
	return i, nil
}

func (n names) has(i int) bool { return i >= 0 && i < len(n) }
