// Package weights handles the files of named arrays in which networks are exchanged: it reads and writes safetensors,
// and writes NumPy's npz. It needs no engine.
//
//	weights.go       arrays, and which file is meant
//	safetensors.go   reading and writing safetensors
//	npz.go           writing npz
package weights

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Array is a tensor of floating-point numbers.
type Array struct {
	Dims  []int
	Wide  bool   // float64; else float32
	Bytes []byte // little-endian, in row-major order
}

// Width is the number of bytes of a value.
func (a Array) Width() int {
	if a.Wide {
		return 8
	}
	return 4
}

// Len is the number of values.
func (a Array) Len() int { return len(a.Bytes) / a.Width() }

// Value is the i-th value.
func (a Array) Value(i int) float64 {
	if a.Wide {
		return math.Float64frombits(binary.LittleEndian.Uint64(a.Bytes[8*i:]))
	}
	return float64(math.Float32frombits(binary.LittleEndian.Uint32(a.Bytes[4*i:])))
}

// Named is an array with its name.
type Named struct {
	Name string
	Array
}

// kind is the prefix of names of weight files that can be read.
const kind = "safetensors"

// Parse returns the path in a name such as "safetensors:net.safetensors". It fails for another prefix or an empty path.
func Parse(name string) (path string, err error) {
	prefix, path, found := strings.Cut(name, ":")
	if !found || prefix != kind || path == "" {
		return "", fmt.Errorf("weights: %q: want safetensors:FILE", name)
	}
	return path, nil
}

// NameOf returns the name of a path, as Parse takes it.
func NameOf(path string) string { return kind + ":" + path }

// Formats are the file name extensions of the formats that Encode knows.
var Formats = []string{".safetensors", ".npz"}

// Encode returns the arrays, ordered by name, in the format of path's extension. It fails for an extension not in
// Formats. npz does not keep metadata.
func Encode(path string, arrays []Named, metadata map[string]string) ([]byte, error) {
	arrays = slices.Clone(arrays)
	slices.SortFunc(arrays, func(a, b Named) int { return strings.Compare(a.Name, b.Name) })
	switch {
	case strings.HasSuffix(path, ".safetensors"):
		return encodeSafetensors(arrays, metadata)
	case strings.HasSuffix(path, ".npz"):
		return encodeNPZ(arrays)
	}
	return nil, fmt.Errorf("weights: %s: want a name that ends in %s", path, strings.Join(Formats, " or "))
}
