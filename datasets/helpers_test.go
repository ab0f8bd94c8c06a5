package datasets

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// realData is the folder of real data sets; the test is skipped without one.
func realData(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("XSAM_DATA")
	if dir == "" {
		t.Skip("XSAM_DATA is not set: it names the folder of the real data sets")
	}
	return dir
}

// write puts a file into a folder, packed if its name ends in .gz.
func write(t *testing.T, dir, name string, contents []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if strings.HasSuffix(name, ".gz") {
		contents = packed(t, contents)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, contents, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t *testing.T, contents []byte) []byte {
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

// idx makes an IDX file from its kind, axes and values.
func idx(kind uint32, axes []uint32, values ...uint8) []byte {
	b := binary.BigEndian.AppendUint32(nil, kind)
	for _, n := range axes {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return append(b, values...)
}

// checkError fails unless err says each of the words.
func checkError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that says %q", words)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
}

// ramp is a set of n grey images of 2×3 pixels and n classes; value j of image i is 10i + j.
func ramp(n int) *Set {
	s := &Set{Name: "ramp", Height: 2, Width: 3, Channels: 1, Classes: n}
	for i := range n {
		s.Labels = append(s.Labels, int32(i))
		for j := range 6 {
			s.Pixels = append(s.Pixels, float32(10*i+j))
		}
	}
	return s
}
