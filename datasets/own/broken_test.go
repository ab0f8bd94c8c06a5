package own

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// broken is a source that cannot be read: what is put into dir, the name of the data, and words that the error says.
type broken struct {
	name  string
	put   func(t *testing.T, dir string) string // returns the path within dir
	o     Options
	words []string
}

// run reads every broken source and wants one clear line each.
func (b broken) run(t *testing.T, kind string) {
	t.Run(b.name, func(t *testing.T) {
		dir := t.TempDir()
		source := Source{kind, b.put(t, dir)}
		data, err := source.Open(dir, b.o)
		for _, part := range parts(data) {
			if err == nil && part != nil {
				err = part.Each(func(int, []float64) error { return nil })
			}
		}
		if err == nil {
			t.Fatalf("%s was read, want an error", source)
		}
		if text := err.Error(); strings.Contains(text, "\n") || !strings.HasPrefix(text, "datasets: ") {
			t.Errorf("error %q, want one line that begins with datasets:", text)
		}
		for _, word := range append(b.words, filepath.Base(source.Path)) {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("error %q does not say %q", err, word)
			}
		}
		t.Log(err)
	})
}

func parts(d *Data) []*Part {
	if d == nil {
		return nil
	}
	return []*Part{d.Train, d.Validation, d.Test}
}

// file is a source that is one file.
func file(name string, contents func(t *testing.T) []byte) func(*testing.T, string) string {
	return func(t *testing.T, dir string) string {
		write(t, dir, name, contents(t))
		return name
	}
}

func text(lines ...string) func(*testing.T) []byte {
	return func(*testing.T) []byte { return []byte(strings.Join(lines, "\n")) }
}

func TestBrokenCSV(t *testing.T) {
	good := []string{"a,b,y", "1,2,0", "3,4,1", "5,6,0"}
	label := Options{Label: "y"}
	for _, b := range []broken{
		{"not there", func(*testing.T, string) string { return "no.csv" }, label, []string{"does not exist"}},
		{"empty", file("e.csv", text()), label, []string{"empty"}},
		{"a folder", func(t *testing.T, dir string) string { write(t, dir, "d/x", nil); return "d" }, label,
			[]string{"no regular file"}},
		{"no such column", file("c.csv", text(good...)), Options{Label: "z"}, []string{`"z"`, "a, b, y"}},
		{"a column number that is too large", file("c.csv", text(good...)), Options{Label: "4"}, []string{"1 to 3"}},
		{"a value missing", file("m.csv", text("a,b,y", "1,,0", "3,4,1")), label, []string{"line 2", "column 2 (b)"}},
		{"a question mark", file("m.csv", text("a,b,y", "1,2,0", "?,4,1")), label, []string{"line 3", "column 1 (a)"}},
		{"a line too short", file("s.csv", text("a,b,y", "1,2,0", "3,4")), label, []string{"line 3", "2 fields"}},
		{"a word among numbers", file("w.csv", func(*testing.T) []byte {
			return []byte("a,y\n" + strings.Repeat("1,0\n2,1\n", 20) + "1.5O,0\n")
		}), label, []string{`"1.5O"`, "line 42", "column a"}},
		{"too many words", file("w.csv", func(*testing.T) []byte {
			lines := "a,y\n"
			for i := range 200 {
				lines += fmt.Sprintf("name%d,%d\n", i, i%2)
			}
			return []byte(lines)
		}), label, []string{"100 different words", "column a"}},
		{"a quotation mark", file("q.csv", text("a,y", `"1,0`, "2,1")), label, []string{"line 2"}},
		{"a line without end",
			file("l.csv", func(*testing.T) []byte { return []byte("a,y\n" + strings.Repeat("1", 2*MaxLine)) }), label,
			[]string{"1048576"}},
		{"no text", file("z.csv", func(*testing.T) []byte { return []byte("a,y\n1,\x000\n") }), label, []string{"zero byte"}},
		{"one class", file("o.csv", text("a,y", "1,0", "2,0")), label, []string{"1 class"}},
		{"measurements as classes", file("r.csv", text("a,y", "1,0.5", "2,0.7", "3,0.9")), label,
			[]string{"--task regression"}},
		{"words in a regression", file("r.csv", text("a,y", "1,0.5", "2,high")), Options{Label: "y", Task: Regression},
			[]string{"line 3", "number"}},
		{"gzip cut short", file("g.csv.gz", func(t *testing.T) []byte {
			whole := packed(t, []byte(strings.Join(good, "\n")))
			return whole[:len(whole)-12]
		}), label, []string{"cut short"}},
	} {
		b.run(t, "csv")
	}
}

func TestBrokenIDX(t *testing.T) {
	images, labels := idxOf([]int{3, 2, 2}, make([]byte, 12)...), idxOf([]int{3}, 0, 1, 0)
	pair := func(images, labels []byte) func(*testing.T, string) string {
		return func(t *testing.T, dir string) string {
			if images != nil {
				write(t, dir, "d/train-images-idx3-ubyte", images)
			}
			if labels != nil {
				write(t, dir, "d/train-labels-idx1-ubyte", labels)
			}
			return "d"
		}
	}
	for _, b := range []broken{
		{"no folder", func(*testing.T, string) string { return "none" }, Options{}, []string{"-images-idx3-ubyte"}},
		{"no files", func(t *testing.T, dir string) string { write(t, dir, "d/x", nil); return "d" }, Options{},
			[]string{"idx1"}},
		{"no labels", pair(images, nil), Options{}, []string{"no partner"}},
		{"empty", pair([]byte{}, labels), Options{}, []string{"empty"}},
		{"cut short", pair(images[:20], labels), Options{}, []string{"20 bytes", "want 28"}},
		{"too long", pair(append(append([]byte{}, images...), 1), labels), Options{}, []string{"29 bytes"}},
		{"another magic number", pair(append([]byte("PNG!"), images[4:]...), labels), Options{}, []string{"50 4e 47"}},
		{"of floats", pair(append([]byte{0, 0, 13, 3}, images[4:]...), labels), Options{}, []string{"00 00 0d 03"}},
		{"an axis of length 0", pair(idxOf([]int{3, 0, 2}), labels), Options{}, []string{"[3 0 2]"}},
		{"too large", pair(idxOf([]int{1 << 20, 1 << 10, 1 << 10}), labels), Options{}, []string{"limit of 1073741824"}},
		{"as many as overflow", pair(idxOf([]int{1<<32 - 1, 1<<32 - 1, 1<<32 - 1}), labels), Options{}, []string{"limit"}},
		{"more labels than images", pair(images, idxOf([]int{4}, 0, 1, 0, 1)), Options{}, []string{"3 images", "4 labels"}},
		{"one class", pair(images, idxOf([]int{3}, 2, 2, 2)), Options{}, []string{"1 class"}},
		{"of one axis", pair(idxOf([]int{3}, 1, 2, 3), labels), Options{}, []string{"1 axes"}},
		{"gzip that is damaged", func(t *testing.T, dir string) string {
			bad := packed(t, images)
			bad[len(bad)-6] ^= 0xff // its checksum
			write(t, dir, "d/train-images-idx3-ubyte.gz", bad)
			write(t, dir, "d/train-labels-idx1-ubyte", labels)
			return "d"
		}, Options{}, []string{"damaged"}},
		{"more than is packed", func(t *testing.T, dir string) string {
			write(t, dir, "d/train-images-idx3-ubyte.gz", packed(t, idxOf([]int{1000, 1000, 1000}, make([]byte, 1000)...)))
			write(t, dir, "d/train-labels-idx1-ubyte", labels)
			return "d"
		}, Options{}, []string{"1000000000 bytes, more than can be packed"}},
		{"another size to test on", func(t *testing.T, dir string) string {
			pair(images, labels)(t, dir)
			write(t, dir, "d/t10k-images-idx3-ubyte", idxOf([]int{1, 3, 2}, make([]byte, 6)...))
			write(t, dir, "d/t10k-labels-idx1-ubyte", idxOf([]int{1}, 0))
			return "d"
		}, Options{}, []string{"3×2×1", "2×2×1"}},
	} {
		b.run(t, "idx")
	}
}

func TestBrokenNPZ(t *testing.T) {
	x := npyOf("|u1", "False", []int{3, 2, 2}, make([]byte, 12))
	y := npyOf("|u1", "False", []int{3}, []byte{0, 1, 0})
	npz := func(arrays ...any) func(*testing.T, string) string {
		return file("d.npz", func(t *testing.T) []byte { return npzOf(t, arrays...) })
	}
	float := func(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }
	for _, b := range []broken{
		{"not there", func(*testing.T, string) string { return "no.npz" }, Options{}, []string{"does not exist"}},
		{"no archive", file("d.npz", text("hello")), Options{}, []string{"no npz file"}},
		{"cut short", file("d.npz", func(t *testing.T) []byte { return npzOf(t, "x", x, "y", y)[:100] }), Options{},
			[]string{"no npz file"}},
		{"other names", npz("images", x, "labels", y), Options{}, []string{"images, labels", "x_train"}},
		{"no labels", npz("x_train", x), Options{}, []string{"no y_train"}},
		{"no array", npz("x", []byte("hello, this is no array"), "y", y), Options{}, []string{"d.npz, x"}},
		{"fewer values than its header says", npz("x", x[:len(x)-1], "y", y), Options{}, []string{"139 bytes, want 140"}},
		{"more values than its header says", npz("x", append(append([]byte{}, x...), 0), "y", y), Options{},
			[]string{"141 bytes, want 140"}},
		{"objects", npz("x", npyOf("|O", "False", []int{3, 2, 2}, nil), "y", y), Options{}, []string{`"|O"`}},
		{"column by column", npz("x", npyOf("|u1", "True", []int{3, 2, 2}, make([]byte, 12)), "y", y), Options{},
			[]string{"ascontiguousarray"}},
		{"channels first", npz("x", npyOf("|u1", "False", []int{3, 3, 8, 8}, make([]byte, 576)), "y", y), Options{},
			[]string{"moveaxis"}},
		{"one-hot labels", npz("x", x, "y", npyOf("|u1", "False", []int{3, 2}, make([]byte, 6))), Options{},
			[]string{"argmax"}},
		{"labels that are measured", npz("x", x, "y",
			npyOf("<f4", "False", []int{3}, append(append(float(0x3f000000), float(0)...), float(0)...))),
			Options{}, []string{"0.5", "whole numbers"}},
		{"NaN", npz("x", npyOf("<f4", "False", []int{3, 1, 1}, append(append(float(0), float(0x7fc00000)...), float(0)...)),
			"y", y), Options{},
			[]string{"NaN", "example 2"}},
		{"another number of labels", npz("x", x, "y", npyOf("|u1", "False", []int{2}, []byte{0, 1})), Options{},
			[]string{"3 examples", "2 labels"}},
		{"too large", npz("x", npyOf("|u1", "False", []int{3, 1 << 20, 1 << 20}, nil), "y", y), Options{},
			[]string{"limit of 1073741824"}},
		{"a header without end", npz("x", append(append(append([]byte{}, x[:6]...), 2, 0, 0xff, 0xff, 0xff, 0x7f), "xx"...),
			"y", y), Options{},
			[]string{"header of 2147483647"}},
		{"a header without a line", npz("x", append(append([]byte{}, x[:6]...), 1, 0, 2, 0, 'x', 'x', 'x', 'x'), "y", y),
			Options{}, nil},
		{"a shape of nothing", npz("x", npyOf("|u1", "False", []int{0, 2, 2}, nil), "y", y), Options{}, []string{"[0 2 2]"}},
	} {
		b.run(t, "npz")
	}
}

// A few megabytes of gzip that claim 3 GiB are refused before memory of that size is taken.
func TestBombs(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	dir := t.TempDir()
	header := idxOf([]int{1 << 20, 64, 48}) // 3 GiB
	write(t, dir, "d/train-images-idx3-ubyte.gz", packed(t, append(header, make([]byte, 1<<20)...)))
	write(t, dir, "d/train-labels-idx1-ubyte.gz", packed(t, idxOf([]int{1 << 20}, make([]byte, 1<<20)...)))
	_, err := Source{"idx", "d"}.Open(dir, Options{})
	if err == nil || !strings.Contains(err.Error(), "limit of 1073741824") {
		t.Errorf("IDX: error %v, want the limit", err)
	}
	text := packed(t, []byte("a,y\n"+strings.Repeat("1,0\n", 1<<18)))
	binary.LittleEndian.PutUint32(text[len(text)-4:], 3<<30) // what it claims to unpack to
	write(t, dir, "d.csv.gz", text)
	_, err = Source{"csv", "d.csv.gz"}.Open(dir, Options{Label: "y"})
	if err == nil || !strings.Contains(err.Error(), "limit of 268435456") {
		t.Errorf("CSV: error %v, want the limit", err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%d bytes were taken to refuse them, want far less than 3 GiB", used)
	}
}
