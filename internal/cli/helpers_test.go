package cli

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// packageDir is where the tests start.
var packageDir, _ = os.Getwd()

// networks puts the networks that PyTorch made, and their data, into the working folder.
func networks(t *testing.T) {
	t.Helper()
	from := filepath.Join(packageDir, "..", "..", "models", "onnx", "testdata")
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// put writes a file under dir.
func put(t *testing.T, dir, name string, contents []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, contents, 0o644); err != nil {
		t.Fatal(err)
	}
}

// reasons counts the lines in which a command says why it failed.
func reasons(stderr string) int {
	return strings.Count(strings.Replace(stderr, "Try the command with --help.\n", "", 1), "\n")
}

// picture is the i-th image of 8×8 pixels, as bytes and as a PNG file: its class, i mod 3, is its colour.
func picture(t *testing.T, i int) (pixels, file []byte) {
	t.Helper()
	colour := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for p := range 64 {
		rgb := [3]uint8{uint8(i), uint8(3 * p), uint8(i / 3)}
		rgb[i%3] = 200
		colour.SetNRGBA(p%8, p/8, color.NRGBA{rgb[0], rgb[1], rgb[2], 255})
		pixels = append(pixels, rgb[:]...)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, colour); err != nil {
		t.Fatal(err)
	}
	return pixels, b.Bytes()
}

// ownData leaves data of every kind under dir: 60 images of three classes, iris and wine.
func ownData(t *testing.T, dir string) {
	t.Helper()
	type row struct {
		Image struct {
			Bytes []byte `parquet:"bytes"`
			Path  string `parquet:"path"`
		} `parquet:"image"`
		Label int64 `parquet:"label"`
	}
	const n = 60
	var pixels, labels []byte
	var rows []row
	for i := range n {
		values, file := picture(t, i)
		pixels, labels = append(pixels, values...), append(labels, byte(i%3))
		put(t, dir, fmt.Sprintf("photos/%s/%02d.png", []string{"red", "green", "blue"}[i%3], i), file)
		var r row
		r.Image.Bytes, r.Label = file, int64(i%3)
		rows = append(rows, r)
	}
	axes := func(lengths ...int) (b []byte) {
		b = []byte{0, 0, 8, byte(len(lengths))}
		for _, length := range lengths {
			b = binary.BigEndian.AppendUint32(b, uint32(length))
		}
		return b
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(append(axes(n, 8, 8, 3), pixels...)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "letters/emnist-letters-train-images-idx4-ubyte.gz", packed.Bytes())
	put(t, dir, "letters/emnist-letters-train-labels-idx1-ubyte", append(axes(n), labels...))

	var archive, table bytes.Buffer
	arrays := zip.NewWriter(&archive)
	for name, array := range map[string]struct {
		shape  string
		values []byte
	}{"x_train": {"60, 8, 8, 3", pixels}, "y_train": {"60,", labels}} {
		header := fmt.Sprintf("%-117s\n", "{'descr': '|u1', 'fortran_order': False, 'shape': ("+array.shape+"), }")
		w, err := arrays.Create(name + ".npy")
		if err == nil {
			_, err = w.Write(append([]byte("\x93NUMPY\x01\x00\x76\x00"+header), array.values...))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := arrays.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "photos.npz", archive.Bytes())
	w := parquet.NewGenericWriter[row](&table)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "photos.parquet", table.Bytes())
	for _, name := range []string{"iris.csv", "iris.data", "wine.data"} {
		text, err := os.ReadFile(filepath.Join(packageDir, "..", "..", "datasets", "own", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, name, text)
	}
}
