package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"

	"github.com/xsam-go/xsam/internal/regular"
)

// The limits, tested before memory is taken.
const (
	maxHeader = 1 << 26 // bytes; the format's own is 100 MB
	maxRank   = 8
	// MaxFile is the largest size of a file in bytes.
	MaxFile = 1 << 36
)

// entry is what the header says of an array.
type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// widths are the bytes of a value of each type.
var widths = map[string]int64{"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1,
	"BOOL": 1, "U16": 2, "U32": 4, "U64": 8, "F8_E4M3": 1, "F8_E5M2": 1}

// Read reads the floating-point arrays of a safetensors file, by name. Counters and other whole numbers are left out.
// It fails for a file that is damaged or cut off.
func Read(path string) (map[string]Array, error) {
	arrays, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("weights: %s: %w", path, err)
	}
	return arrays, nil
}

func read(path string) (map[string]Array, error) {
	file, size, err := regular.Open(path, MaxFile)
	unfit, isUnfit := errors.AsType[*regular.UnfitError](err)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, errors.New("it does not exist: want a file; see --weights and --weights-dir")
	case isUnfit:
		return nil, fmt.Errorf("it %s: want a safetensors file", unfit.Reason)
	case err != nil:
		return nil, err
	}
	defer file.Close()
	entries, data, err := readHeader(file, size)
	if err != nil {
		return nil, err
	}
	arrays := map[string]Array{}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		e := entries[name]
		a, err := e.read(file, data)
		if err != nil {
			return nil, fmt.Errorf("array %s: %w", name, err)
		}
		if a != nil {
			arrays[name] = *a
		}
	}
	if len(arrays) == 0 {
		return nil, errors.New("it has no array of floating-point numbers: want weights")
	}
	return arrays, nil
}

// readHeader reads what stands before the numbers, and checks it against the size of the file. data is where they
// begin.
func readHeader(file io.Reader, size int64) (entries map[string]entry, data int64, err error) {
	var length [8]byte
	if _, err := io.ReadFull(file, length[:]); err != nil {
		return nil, 0, errors.New("it is no safetensors file, or cut off")
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, 0, fmt.Errorf("it claims a header of %d bytes, in a file of %d: it is no safetensors file, or cut off", n,
			size)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(file, text); err != nil {
		return nil, 0, fmt.Errorf("its header cannot be read: %w", err)
	}
	parts := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &parts); err != nil {
		return nil, 0, fmt.Errorf("its header is no valid JSON (%w): it is no safetensors file, or damaged", err)
	}
	delete(parts, "__metadata__")
	entries, data = map[string]entry{}, 8+int64(n)
	for name, part := range parts {
		var e entry
		if err := json.Unmarshal(part, &e); err != nil {
			return nil, 0, fmt.Errorf("array %s is not described as it should be (%w): it is damaged", name, err)
		}
		if err := e.check(size - data); err != nil {
			return nil, 0, fmt.Errorf("array %s: %w", name, err)
		}
		entries[name] = e
	}
	return entries, data, nil
}

// check compares a header entry's offsets with its shape and with the size of the file.
func (e entry) check(size int64) error {
	width, known := widths[e.DType]
	if !known {
		return fmt.Errorf("type %q is unknown: want F32, F64, F16 or BF16", e.DType)
	}
	if len(e.Shape) > maxRank {
		return fmt.Errorf("it has %d axes: want %d at most", len(e.Shape), maxRank)
	}
	n := width
	for _, d := range e.Shape {
		if d < 0 || d > 0 && n > math.MaxInt64/d {
			return fmt.Errorf("the shape %v cannot be: it is damaged", e.Shape)
		}
		n *= d
	}
	if begin, end := e.Offsets[0], e.Offsets[1]; begin < 0 || end < begin || end > size || end-begin != n {
		return fmt.Errorf("shape %v of %s wants %d bytes, and it claims those from %d to %d of %d: the file is damaged or "+
			"cut off", e.Shape, e.DType, n, begin, end, size)
	}
	return nil
}

// read reads an array; nil for one of whole numbers.
func (e entry) read(file io.ReaderAt, data int64) (*Array, error) {
	a := &Array{Wide: e.DType == "F64"}
	for _, d := range e.Shape {
		a.Dims = append(a.Dims, int(d))
	}
	if e.DType != "F64" && e.DType != "F32" && e.DType != "F16" && e.DType != "BF16" {
		return nil, nil
	}
	stored := make([]byte, e.Offsets[1]-e.Offsets[0])
	if _, err := file.ReadAt(stored, data+e.Offsets[0]); err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	a.Bytes = stored
	if widths[e.DType] == 2 {
		a.Bytes = make([]byte, 0, 2*len(stored))
		for i := 0; i < len(stored); i += 2 {
			bits := binary.LittleEndian.Uint16(stored[i:])
			value := bfloat16.FromBits(bits).Float32()
			if e.DType == "F16" {
				value = float16.FromBits(bits).Float32()
			}
			a.Bytes = binary.LittleEndian.AppendUint32(a.Bytes, math.Float32bits(value))
		}
	}
	return a, nil
}

// encodeSafetensors writes arrays one after another, with a header padded to eight bytes as the reference writer does.
func encodeSafetensors(arrays []Named, metadata map[string]string) ([]byte, error) {
	header := map[string]any{}
	if len(metadata) > 0 {
		header["__metadata__"] = metadata
	}
	at := int64(0)
	for _, a := range arrays {
		dtype, shape := "F32", make([]int64, len(a.Dims))
		if a.Wide {
			dtype = "F64"
		}
		for i, d := range a.Dims {
			shape[i] = int64(d)
		}
		end := at + int64(len(a.Bytes))
		header[a.Name] = entry{dtype, shape, [2]int64{at, end}}
		at = end
	}
	text, err := json.Marshal(header)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	text = append(text, bytes.Repeat([]byte{' '}, (8-len(text)%8)%8)...)
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	out = append(out, text...)
	for _, a := range arrays {
		out = append(out, a.Bytes...)
	}
	return out, nil
}
