package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"google.golang.org/protobuf/encoding/protowire"
)

// The types of tensors, by their numbers in ONNX.
const (
	typeFloat, typeUint8, typeInt8, typeInt32, typeInt64 = 1, 2, 3, 6, 7
	typeBool, typeFloat16, typeDouble, typeBFloat16      = 9, 10, 11, 16
)

// width is the number of bytes of a value of a type, 0 for types that networks of numbers do not have.
func width(dtype int) int {
	return map[int]int{typeFloat: 4, typeUint8: 1, typeInt8: 1, typeInt32: 4, typeInt64: 8, typeBool: 1, typeFloat16: 2,
		typeDouble: 8, typeBFloat16: 2}[dtype]
}

// tensor is a constant or a weight.
type tensor struct {
	name     string
	dtype    int
	dims     []int64
	bytes    []byte    // values, little-endian; nil where they stand in numbers or floats
	ints     []int64   // of int32_data and int64_data
	floats   []float64 // of float_data and double_data
	outside  map[string]string
	external bool
	raw      []byte // the message
}

// isFloat tells whether values of a type are floating-point numbers.
func isFloat(dtype int) bool {
	return slices.Contains([]int{typeFloat, typeFloat16, typeDouble, typeBFloat16}, dtype)
}

func (t *tensor) isFloat() bool { return isFloat(t.dtype) }

// floats reads a repeated field of floating-point numbers, packed or not.
func (f field) floats(to []float64) ([]float64, error) {
	switch f.kind {
	case protowire.Fixed32Type:
		return append(to, float64(math.Float32frombits(uint32(f.value)))), nil
	case protowire.Fixed64Type:
		return append(to, math.Float64frombits(f.value)), nil
	}
	if len(f.payload)%4 != 0 {
		return nil, errCut
	}
	for i := 0; i < len(f.payload); i += 4 {
		to = append(to, float64(math.Float32frombits(binary.LittleEndian.Uint32(f.payload[i:]))))
	}
	return to, nil
}

func parseTensor(message []byte) (*tensor, error) {
	t := &tensor{raw: message, outside: map[string]string{}}
	err := fields(message, func(f field) (err error) {
		switch f.number {
		case 1:
			t.dims, err = f.numbers(t.dims)
		case 2:
			t.dtype = int(f.value)
		case 4:
			t.floats, err = f.floats(t.floats)
		case 5, 7:
			t.ints, err = f.numbers(t.ints)
		case 8:
			t.name = string(f.payload)
		case 9:
			t.bytes = f.payload
		case 10:
			for i := 0; i+8 <= len(f.payload); i += 8 {
				t.floats = append(t.floats, math.Float64frombits(binary.LittleEndian.Uint64(f.payload[i:])))
			}
		case 13:
			var key, value string
			err = fields(f.payload, func(f field) error {
				if f.number == 1 {
					key = string(f.payload)
				} else {
					value = string(f.payload)
				}
				return nil
			})
			t.outside[key] = value
		case 14:
			t.external = f.value == 1
		}
		return err
	})
	return t, err
}

// size is the number of values, by the dimensions; −1 where they cannot be.
func (t *tensor) size() int {
	n := int64(1)
	for _, d := range t.dims {
		if d < 0 || d > 0 && n > maxBytes/d {
			return -1
		}
		n *= d
	}
	return int(n)
}

// check compares the type and the dimensions of a tensor with its values.
func (t *tensor) check() error {
	n, w := t.size(), width(t.dtype)
	have := max(len(t.ints), len(t.floats))
	switch {
	case w == 0:
		return fmt.Errorf("weight %s is of type number %d: want numbers: float32, float64, float16, bfloat16, int8 to "+
			"int64, uint8 or bool", t.name, t.dtype)
	case n < 0 || len(t.dims) > maxRank:
		return fmt.Errorf("weight %s claims the shape %v: it is damaged", t.name, t.dims)
	case t.bytes != nil && len(t.bytes) != n*w:
		return fmt.Errorf("weight %s of shape %v has %d bytes, want %d: it is damaged", t.name, t.dims, len(t.bytes), n*w)
	case t.bytes == nil && have != n:
		return fmt.Errorf("weight %s of shape %v has %d values, want %d: it is damaged", t.name, t.dims, have, n)
	}
	return nil
}

// values are the numbers of a tensor that was checked.
func (t *tensor) values() []float64 {
	if t.floats != nil {
		return t.floats
	}
	out := make([]float64, t.size())
	for i := range out {
		out[i] = t.value(i)
	}
	return out
}

// value is the i-th number.
func (t *tensor) value(i int) float64 {
	if t.bytes == nil {
		switch {
		case t.floats != nil:
			return t.floats[i]
		case t.dtype == typeFloat16: // their bits stand in int32_data
			return float16.FromBits(uint16(t.ints[i])).Float64()
		case t.dtype == typeBFloat16:
			return bfloat16.FromBits(uint16(t.ints[i])).Float64()
		}
		return float64(t.ints[i])
	}
	b := t.bytes[i*width(t.dtype):]
	switch t.dtype {
	case typeFloat:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case typeDouble:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case typeFloat16:
		return float16.FromBits(binary.LittleEndian.Uint16(b)).Float64()
	case typeBFloat16:
		return bfloat16.FromBits(binary.LittleEndian.Uint16(b)).Float64()
	case typeInt64:
		return float64(int64(binary.LittleEndian.Uint64(b)))
	case typeInt32:
		return float64(int32(binary.LittleEndian.Uint32(b)))
	case typeInt8:
		return float64(int8(b[0]))
	}
	return float64(b[0])
}

// whole are the numbers of a tensor of whole numbers.
func (t *tensor) whole() []int {
	out := make([]int, t.size())
	for i := range out {
		out[i] = int(t.value(i))
	}
	return out
}
