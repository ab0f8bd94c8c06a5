package own

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/sbinet/npyio/npy"
)

// example is what a test writes and wants to read: values by row, column and channel, and a label.
type example struct {
	values []float64
	label  string
}

// drawn makes n examples of bytes; the labels are those of classes, all of which occur when n is large enough.
func drawn(seed uint64, n int, s size, classes ...string) []example {
	random := rand.New(rand.NewPCG(seed, 1))
	all := make([]example, n)
	for i := range all {
		all[i].label = classes[i%len(classes)]
		for range s.height * s.width * s.channels {
			all[i].values = append(all[i].values, float64(random.IntN(256)))
		}
	}
	return all
}

// write puts a file into a folder.
func write(t testing.TB, dir, name string, contents []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, contents, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// packed is gzip's form of bytes.
func packed(t testing.TB, contents []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(contents); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pngOf is an image as a PNG file.
func pngOf(t testing.TB, s size, values []float64) []byte {
	t.Helper()
	var picture image.Image
	if s.channels == 1 {
		grey := image.NewGray(image.Rect(0, 0, s.width, s.height))
		for i, x := range values {
			grey.Pix[i] = uint8(x)
		}
		picture = grey
	} else {
		colour := image.NewNRGBA(image.Rect(0, 0, s.width, s.height))
		for i := range s.height * s.width {
			rgb := values[3*i:]
			colour.SetNRGBA(i%s.width, i/s.width, color.NRGBA{uint8(rgb[0]), uint8(rgb[1]), uint8(rgb[2]), 255})
		}
		picture = colour
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// writeFolder writes examples as PNG files in folders of their classes.
func writeFolder(t testing.TB, dir string, s size, all []example) {
	t.Helper()
	for i, e := range all {
		write(t, dir, fmt.Sprintf("%s/%04d.png", e.label, i), pngOf(t, s, e.values))
	}
}

// idxOf is an IDX file of bytes.
func idxOf(axes []int, values ...uint8) []byte {
	b := []byte{0, 0, 8, byte(len(axes))}
	for _, n := range axes {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return append(b, values...)
}

// bytesOf are the values of examples.
func bytesOf(all []example) (values, labels []uint8) {
	for _, e := range all {
		for _, x := range e.values {
			values = append(values, uint8(x))
		}
		var label int
		fmt.Sscan(e.label, &label)
		labels = append(labels, uint8(label))
	}
	return values, labels
}

// npyOf is an array as NumPy writes it: a header and the bytes.
func npyOf(dtype, order string, shape []int, contents []byte) []byte {
	text := strings.Trim(fmt.Sprint(shape), "[]")
	if text = strings.ReplaceAll(text, " ", ", "); len(shape) == 1 {
		text += ","
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", dtype, order, text)
	for (len(header)+11)%64 != 0 {
		header += " "
	}
	header += "\n"
	b := append([]byte{}, npy.Magic[:]...)
	b = append(b, 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	return append(append(b, header...), contents...)
}

// npzOf is an archive of arrays: names and contents in turn.
func npzOf(t testing.TB, arrays ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(arrays); i += 2 {
		w, err := z.Create(arrays[i].(string) + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(arrays[i+1].([]byte)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The rows of published image sets.
type (
	imageBytes struct {
		Bytes []byte `parquet:"bytes,optional"`
		Path  string `parquet:"path,optional"`
	}
	numberedRow struct {
		Image imageBytes `parquet:"image,optional"`
		Label *int64     `parquet:"label,optional"`
	}
	wordRow struct {
		Image imageBytes `parquet:"img"`
		Kind  string     `parquet:"kind"`
	}
)

// parquetOf is a file of rows.
func parquetOf[T any](t testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// opened opens data that is well.
func opened(t *testing.T, name string, o Options) *Data {
	t.Helper()
	source, ok := Parse(name)
	if !ok {
		t.Fatalf("Parse(%q) knows no such kind", name)
	}
	data, err := source.Open("", o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// checkPart fails unless a part holds the examples in their order.
func checkPart(t *testing.T, d *Data, part *Part, want []example) {
	t.Helper()
	if part == nil || part.Len() != len(want) {
		t.Fatalf("the part is %+v, want %d examples", part, len(want))
	}
	rows := 0
	err := part.Each(func(row int, values []float64) error {
		if row != rows {
			t.Errorf("row %d comes after %d", row, rows-1)
		}
		rows++
		if got := d.Classes[part.Labels[row]]; got != want[row].label {
			t.Errorf("row %d has the label %q, want %q", row, got, want[row].label)
		}
		if len(values) != len(want[row].values) {
			t.Fatalf("row %d has %d values, want %d", row, len(values), len(want[row].values))
		}
		for i, x := range values {
			if x != want[row].values[i] {
				t.Fatalf("row %d, value %d is %v, want %v", row, i, x, want[row].values[i])
			}
		}
		return nil
	})
	if err != nil || rows != len(want) {
		t.Errorf("Each passed %d examples of %d: %v", rows, len(want), err)
	}
}
