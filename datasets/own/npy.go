package own

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/sbinet/npyio/npy"
)

// array is an array of a NumPy file: its header, and what follows.
type array struct {
	path, name string // of the file, and within it
	shape      []int
	dtype      string // "u1", "f4", …
	width      int    // bytes of a value
	value      func([]byte) float64
	contents   io.Reader
	begin      int // bytes of the header
}

// openArray reads the header of an array.
func openArray(path, name string, contents io.Reader) (a *array, err error) {
	in := path + ", " + name
	defer caught(in, &err)
	buffered := bufio.NewReaderSize(contents, 1<<16)
	// The header's length stands in its first bytes, and is not believed: 6 of magic, 2 of the version, then 2 or 4.
	begin, err := buffered.Peek(12)
	if err != nil {
		return nil, damaged(in, err)
	}
	length, before := int(binary.LittleEndian.Uint16(begin[8:])), 10
	if begin[6] > 1 {
		length, before = int(binary.LittleEndian.Uint32(begin[8:])), 12
	}
	if length > maxNPYHeader {
		return nil, fmt.Errorf("datasets: %s claims a header of %d bytes: want %d at most: it is damaged", in, length,
			maxNPYHeader)
	}
	r, err := npy.NewReader(buffered)
	if err != nil {
		return nil, damaged(in, err)
	}
	a = &array{path: path, name: name, shape: r.Header.Descr.Shape, contents: buffered, begin: before + length}
	if err := a.setType(r.Header.Descr.Type); err != nil {
		return nil, err
	}
	if r.Header.Descr.Fortran && len(a.shape) > 1 {
		return nil, fmt.Errorf("datasets: %s is stored column by column: want numpy.ascontiguousarray of it", in)
	}
	if len(a.shape) == 0 {
		return nil, fmt.Errorf("datasets: %s is a single number: want an array of examples", in)
	}
	return a, checkSize(in, a.shape...)
}

// setType understands the name of a type: its byte order, its letter, and its number of bytes.
func (a *array) setType(descr string) error {
	var order binary.ByteOrder = binary.LittleEndian
	a.dtype = strings.TrimLeft(descr, "<>|=")
	if strings.HasPrefix(descr, ">") {
		order = binary.BigEndian
	}
	values := map[string]func([]byte) float64{
		"b1": func(b []byte) float64 { return float64(b[0]) },
		"u1": func(b []byte) float64 { return float64(b[0]) },
		"i1": func(b []byte) float64 { return float64(int8(b[0])) },
		"u2": func(b []byte) float64 { return float64(order.Uint16(b)) },
		"i2": func(b []byte) float64 { return float64(int16(order.Uint16(b))) },
		"u4": func(b []byte) float64 { return float64(order.Uint32(b)) },
		"i4": func(b []byte) float64 { return float64(int32(order.Uint32(b))) },
		"u8": func(b []byte) float64 { return float64(order.Uint64(b)) },
		"i8": func(b []byte) float64 { return float64(int64(order.Uint64(b))) },
		"f4": func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) },
		"f8": func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) },
	}
	value, ok := values[a.dtype]
	if !ok {
		return fmt.Errorf("datasets: %s, %s is of type %q: want numbers: bool, int8 to int64, uint8 to uint64, float32 or "+
			"float64", a.path, a.name, descr)
	}
	a.value, a.width = value, int(a.dtype[1]-'0')
	return nil
}

// check compares the size of an array, by its header, with that of its entry in the archive, packed and unpacked.
func (a *array) check(unpacked, packed uint64) error {
	in := a.path + ", " + a.name
	if want := uint64(a.begin) + uint64(a.shape[0])*uint64(a.rest())*uint64(a.width); unpacked != want {
		return fmt.Errorf("datasets: %s is %d bytes, want %d by its header: it is damaged: make or download it again", in,
			unpacked, want)
	}
	if err := checkExample(in, a.rest()); err != nil {
		return err
	}
	return checkPacked(in, int64(min(unpacked, 1<<62)), int64(min(packed, 1<<62)))
}

// rest is the number of values of one entry along the first axis.
func (a *array) rest() int {
	n := 1
	for _, length := range a.shape[1:] {
		n *= length
	}
	return n
}

// each passes the entries along the first axis, in the same slice every time.
func (a *array) each(use func(row int, values []float64) error) error {
	stored, values := make([]byte, a.rest()*a.width), make([]float64, a.rest())
	for row := range a.shape[0] {
		if _, err := io.ReadFull(a.contents, stored); err != nil {
			return damaged(a.path+", "+a.name, err)
		}
		for i := range values {
			values[i] = a.value(stored[i*a.width:])
		}
		if err := use(row, values); err != nil {
			return err
		}
	}
	return a.ended()
}

// labels reads an array of whole numbers, [n] or [n, 1].
func (a *array) labels() ([]int32, error) {
	in := a.path + ", " + a.name
	if a.rest() != 1 {
		return nil, fmt.Errorf("datasets: %s has the shape %v: want one whole number for each example, such as "+
			"numpy.argmax(y, axis=1) of one-hot labels", in, a.shape)
	}
	var labels []int32
	stored := make([]byte, a.width)
	for row := range a.shape[0] {
		if _, err := io.ReadFull(a.contents, stored); err != nil {
			return nil, damaged(in, err)
		}
		x := a.value(stored)
		if x != math.Trunc(x) || math.Abs(x) > math.MaxInt32 { // also rejects NaN
			return nil, fmt.Errorf("datasets: %s has the label %v in example %d: want whole numbers: classes, not a regression",
				in, x, row+1)
		}
		labels = append(labels, int32(x))
	}
	return labels, a.ended()
}

// ended fails unless the array has been read to its end, where the checksum of its bytes is tested too.
func (a *array) ended() error {
	s := stream{Reader: a.contents}
	return s.ended(a.path + ", " + a.name)
}

// image is the shape of an entry as an image: [rows, columns], [rows, columns, channels], or [numbers], which is a
// table of one line.
func (a *array) image() (shape size, table bool, err error) {
	in := a.path + ", " + a.name
	switch rest := a.shape[1:]; len(rest) {
	case 1:
		return size{1, 1, rest[0]}, true, nil
	case 2:
		return size{rest[0], rest[1], 1}, false, nil
	case 3:
		// Maps of a few pixels have many channels too: as many rows as columns.
		if rest[0] <= 4 && rest[2] > 4 && rest[0] != rest[1] {
			return size{}, false, fmt.Errorf("datasets: %s has the shape %v, with the channels first: want them last: "+
				"numpy.moveaxis(x, 1, -1)", in, a.shape)
		}
		return size{rest[0], rest[1], rest[2]}, false, nil
	}
	return size{}, false, fmt.Errorf("datasets: %s has the shape %v: want [n, rows, columns], "+
		"[n, rows, columns, channels] or [n, numbers]", in, a.shape)
}
