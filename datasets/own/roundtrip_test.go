package own

import (
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
)

// byFolder orders examples as their folders are read: by class, then by name.
func byFolder(all []example) []example {
	all = slices.Clone(all)
	sort.SliceStable(all, func(i, j int) bool { return all[i].label < all[j].label })
	return all
}

func TestFolder(t *testing.T) {
	for _, s := range []size{{1, 1, 1}, {5, 7, 1}, {8, 3, 3}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			all, dir := drawn(1, 13, s, "cat", "dog", "eel"), t.TempDir()
			writeFolder(t, dir, s, all)
			write(t, dir, "cat/.hidden.png", nil)
			write(t, dir, "README.txt", []byte("beside"))
			write(t, dir, "dog/notes.txt", []byte("in a class"))
			d := opened(t, "folder:"+dir, Options{})
			checkPart(t, d, d.Train, byFolder(all))
			if d.Test != nil || d.Height != s.height || d.Width != s.width || d.Channels != s.channels {
				t.Errorf("test part %v, %d×%d×%d, want none and %v", d.Test, d.Height, d.Width, d.Channels, s)
			}
			if got := fmt.Sprint(d.Notes); got != "[files beside the images, which are not used: 2]" {
				t.Errorf("notes %q, want 2 files that are not used", got)
			}
		})
	}
	t.Run("with parts", func(t *testing.T) {
		s, dir := size{4, 4, 3}, t.TempDir()
		parts := map[string][]example{}
		for i, part := range []string{"train", "val", "test"} {
			parts[part] = drawn(uint64(i), 6+i, s, "a", "b")
			writeFolder(t, filepath.Join(dir, part), s, parts[part])
		}
		d := opened(t, "folder:"+dir, Options{})
		checkPart(t, d, d.Train, byFolder(parts["train"]))
		checkPart(t, d, d.Validation, byFolder(parts["val"]))
		checkPart(t, d, d.Test, byFolder(parts["test"]))
	})
	t.Run("train and val alone", func(t *testing.T) {
		s, dir := size{2, 2, 1}, t.TempDir()
		writeFolder(t, filepath.Join(dir, "train"), s, drawn(1, 4, s, "a", "b"))
		writeFolder(t, filepath.Join(dir, "val"), s, drawn(2, 2, s, "a", "b"))
		d := opened(t, "folder:"+dir, Options{})
		if d.Validation != nil || d.Test == nil || d.Test.Len() != 2 ||
			!strings.Contains(fmt.Sprint(d.Notes), "val/ is tested on") {
			t.Errorf("validation %v, test %v, notes %v: want val/ as the test part, and a note", d.Validation, d.Test, d.Notes)
		}
	})
	t.Run("a class called train", func(t *testing.T) {
		s, dir := size{2, 2, 1}, t.TempDir()
		all := drawn(1, 4, s, "bus", "train")
		writeFolder(t, dir, s, all)
		d := opened(t, "folder:"+dir, Options{})
		checkPart(t, d, d.Train, byFolder(all))
	})
}

func TestIDX(t *testing.T) {
	for _, tt := range []struct {
		name            string
		train, test     string // with %s for images-idx3 and labels-idx1
		packed, mapping bool
		s               size
		classes         []string
	}{
		{"as MNIST", "train-%s-ubyte", "t10k-%s-ubyte", true, false, size{4, 3, 1}, []string{"0", "1", "2"}},
		{"with dots, unpacked", "train-%s.ubyte", "t10k-%s.ubyte", false, false, size{4, 3, 1}, []string{"0", "1"}},
		{"as EMNIST, from 1", "emnist-letters-train-%s-ubyte", "emnist-letters-test-%s-ubyte", true, true, size{3, 3, 1},
			[]string{"1", "2", "3", "4"}},
		{"in colour", "train-%s-ubyte", "test-%s-ubyte", false, false, size{2, 2, 3}, []string{"7", "9", "250"}},
		{"one part", "%s-ubyte", "", true, false, size{2, 5, 1}, []string{"0", "1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			put := func(pattern string, all []example) {
				values, labels := bytesOf(all)
				axes := []int{len(all), tt.s.height, tt.s.width}
				if tt.s.channels > 1 {
					axes = append(axes, tt.s.channels)
				}
				for what, contents := range map[string][]byte{
					fmt.Sprintf("images-idx%d", len(axes)): idxOf(axes, values...), "labels-idx1": idxOf([]int{len(all)}, labels...),
				} {
					name := fmt.Sprintf(pattern, what)
					if tt.packed {
						name, contents = name+".gz", packed(t, contents)
					}
					write(t, dir, name, contents)
				}
			}
			train, test := drawn(1, 11, tt.s, tt.classes...), drawn(2, 5, tt.s, tt.classes...)
			put(tt.train, train)
			if tt.test != "" {
				put(tt.test, test)
			}
			if tt.mapping {
				write(t, dir, "emnist-letters-mapping.txt", []byte("1 65 97\n2 66 98\n3 67 99\n4 68 100\n"))
			}
			d := opened(t, "idx:"+dir, Options{})
			if tt.mapping {
				if got := strings.Join(d.Classes, ""); got != "ABCD" {
					t.Fatalf("classes %q, want ABCD, as the mapping says", got)
				}
				d.Classes = tt.classes
			}
			checkPart(t, d, d.Train, train)
			if tt.test != "" {
				checkPart(t, d, d.Test, test)
			} else if d.Test != nil {
				t.Error("there is a test part, want none")
			}
		})
	}
}

// Of two sets in one folder one is named.
func TestIDXOfSeveral(t *testing.T) {
	dir, s := t.TempDir(), size{2, 2, 1}
	for i, name := range []string{"emnist-digits", "emnist-letters"} {
		values, labels := bytesOf(drawn(uint64(i), 4+2*i, s, "0", "1"))
		write(t, dir, name+"-train-images-idx3-ubyte", idxOf([]int{4 + 2*i, 2, 2}, values...))
		write(t, dir, name+"-train-labels-idx1-ubyte", idxOf([]int{4 + 2*i}, labels...))
	}
	if d := opened(t, "idx:"+filepath.Join(dir, "emnist-letters"), Options{}); d.Train.Len() != 6 {
		t.Errorf("%d examples, want the 6 of emnist-letters", d.Train.Len())
	}
	_, err := Source{"idx", dir}.Open("", Options{})
	if err == nil || !strings.Contains(err.Error(), "2 sets (emnist-digits, emnist-letters)") {
		t.Errorf("error %v, want both sets named", err)
	}
}

func TestNPZ(t *testing.T) {
	types := map[string]func(b []byte, x float64) []byte{
		"|u1": func(b []byte, x float64) []byte { return append(b, uint8(x)) },
		"|b1": func(b []byte, x float64) []byte { return append(b, uint8(x)) },
		"|i1": func(b []byte, x float64) []byte { return append(b, uint8(int8(x))) },
		"<u2": func(b []byte, x float64) []byte { return binary.LittleEndian.AppendUint16(b, uint16(x)) },
		">i2": func(b []byte, x float64) []byte { return binary.BigEndian.AppendUint16(b, uint16(int16(x))) },
		"<i4": func(b []byte, x float64) []byte { return binary.LittleEndian.AppendUint32(b, uint32(int32(x))) },
		"<u8": func(b []byte, x float64) []byte { return binary.LittleEndian.AppendUint64(b, uint64(x)) },
		"<i8": func(b []byte, x float64) []byte { return binary.LittleEndian.AppendUint64(b, uint64(int64(x))) },
		"<f4": func(b []byte, x float64) []byte {
			return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(x)))
		},
		">f8": func(b []byte, x float64) []byte {
			return binary.BigEndian.AppendUint64(b, math.Float64bits(float64(x)))
		},
	}
	for dtype, add := range types {
		for _, shape := range [][]int{{4, 3}, {2, 5, 3}, {6}} {
			t.Run(fmt.Sprint(dtype, shape), func(t *testing.T) {
				s := size{1, 1, shape[len(shape)-1]}
				if len(shape) > 1 {
					s = size{shape[0], shape[1], 1}
				}
				if len(shape) > 2 {
					s.channels = shape[2]
				}
				array := func(all []example) (x, y []byte) {
					for i := range all {
						for j := range all[i].values {
							if v := &all[i].values[j]; dtype == "|i1" || dtype == "|b1" {
								*v = float64(int(*v) % 2)
							}
							x = add(x, all[i].values[j])
						}
					}
					_, labels := bytesOf(all)
					return npyOf(dtype, "False", append([]int{len(all)}, shape...), x),
						npyOf("|u1", "False", []int{len(all), 1}, labels)
				}
				train, test := drawn(3, 7, s, "1", "5"), drawn(4, 4, s, "1", "5")
				x, y := array(train)
				xTest, yTest := array(test)
				path := write(t, t.TempDir(), "d.npz", npzOf(t, "x_train", x, "y_train", y, "x_test", xTest, "y_test", yTest))
				d := opened(t, "npz:"+path, Options{})
				checkPart(t, d, d.Train, train)
				checkPart(t, d, d.Test, test)
				if d.Bytes != (dtype == "|u1") || (d.Columns != nil) != (len(shape) == 1) {
					t.Errorf("bytes %v, columns %v", d.Bytes, d.Columns)
				}
			})
		}
	}
}
