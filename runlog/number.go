package runlog

import (
	"encoding/json"
	"fmt"
	"math"
)

// Number is a measured number that may be missing. Its zero value is missing, and so are NaN and the infinities,
// which JSON cannot hold: a field of type Number with the tag "omitzero" is absent then, and cannot be mistaken for a
// 0.
type Number struct {
	value float64
	known bool
}

// Num returns x as a Number, missing when x is NaN or infinite.
func Num(x float64) Number {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return Number{}
	}
	return Number{value: x, known: true}
}

// Known tells whether there is a number.
func (n Number) Known() bool { return n.known }

// Float returns the number, NaN when it is missing.
func (n Number) Float() float64 {
	if !n.known {
		return math.NaN()
	}
	return n.value
}

// IsZero tells encoding/json to leave a missing number out (tag "omitzero"). The number 0 is not left out.
func (n Number) IsZero() bool { return !n.known }

// String is the shortest text that reads back as the number, "–" when it is missing.
func (n Number) String() string {
	if !n.known {
		return "–"
	}
	return fmt.Sprint(n.value)
}

// MarshalJSON writes the number, or null when it is missing.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.known {
		return []byte("null"), nil
	}
	return json.Marshal(n.value)
}

// UnmarshalJSON reads a number; null is a missing one.
func (n *Number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = Number{}
		return nil
	}
	var x float64
	if err := json.Unmarshal(text, &x); err != nil {
		return err
	}
	*n = Num(x)
	return nil
}
