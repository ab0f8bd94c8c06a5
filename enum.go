package xsam

import (
	"fmt"
	"slices"
)

// names are the texts of an enumeration, in the order of its values. Flags, labels and records know the values by them.
type names []string

var (
	alongNames     = names{"gradient", "momentum", "motion"}
	maskNames      = names{"all", "weights", "norms"}
	estimatorNames = names{"pair", "three-point", "exact"}
	sideNames      = names{"larger-loss", "mean"}
	lengthNames    = names{"as-is", "unit", "clean"}
	boundNames     = names{"none", "no-climb", "quarter", "while-falling"}
	formNames      = names{"oriented", "projection", "explicit", "paper", "surrogate-gap"}
)

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

// set sets *to to the value called text.
func set[E ~int](to *E, n names, text []byte) error {
	i, err := n.read(text)
	*to = E(i)
	return err
}

func (a Along) String() string     { return alongNames.of(int(a)) }
func (m Mask) String() string      { return maskNames.of(int(m)) }
func (e Estimator) String() string { return estimatorNames.of(int(e)) }
func (s Side) String() string      { return sideNames.of(int(s)) }
func (l Length) String() string    { return lengthNames.of(int(l)) }
func (b Bound) String() string     { return boundNames.of(int(b)) }
func (f Form) String() string      { return formNames.of(int(f)) }

// MarshalText and UnmarshalText are the texts of flags and records.
func (a Along) MarshalText() ([]byte, error)     { return []byte(a.String()), nil }
func (m Mask) MarshalText() ([]byte, error)      { return []byte(m.String()), nil }
func (e Estimator) MarshalText() ([]byte, error) { return []byte(e.String()), nil }
func (s Side) MarshalText() ([]byte, error)      { return []byte(s.String()), nil }
func (l Length) MarshalText() ([]byte, error)    { return []byte(l.String()), nil }
func (b Bound) MarshalText() ([]byte, error)     { return []byte(b.String()), nil }
func (f Form) MarshalText() ([]byte, error)      { return []byte(f.String()), nil }

func (a *Along) UnmarshalText(text []byte) error     { return set(a, alongNames, text) }
func (m *Mask) UnmarshalText(text []byte) error      { return set(m, maskNames, text) }
func (e *Estimator) UnmarshalText(text []byte) error { return set(e, estimatorNames, text) }
func (s *Side) UnmarshalText(text []byte) error      { return set(s, sideNames, text) }
func (l *Length) UnmarshalText(text []byte) error    { return set(l, lengthNames, text) }
func (b *Bound) UnmarshalText(text []byte) error     { return set(b, boundNames, text) }
func (f *Form) UnmarshalText(text []byte) error      { return set(f, formNames, text) }
