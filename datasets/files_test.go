package datasets

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// twoIDX writes a set of two training images and one test image, of 2×2 pixels.
func twoIDX(t *testing.T, dir, end string) {
	write(t, dir, "train-images-idx3-ubyte"+end, idx(idxImages, []uint32{2, 2, 2}, 0, 1, 2, 3, 4, 5, 6, 7))
	write(t, dir, "train-labels-idx1-ubyte"+end, idx(idxLabels, []uint32{2}, 9, 0))
	write(t, dir, "t10k-images-idx3-ubyte"+end, idx(idxImages, []uint32{1, 2, 2}, 8, 8, 8, 8))
	write(t, dir, "t10k-labels-idx1-ubyte"+end, idx(idxLabels, []uint32{1}, 5))
}

func TestReadIDX(t *testing.T) {
	for _, end := range []string{"", ".gz"} {
		for _, folder := range []string{"", "mnist", "MNIST/raw"} {
			dir := t.TempDir()
			twoIDX(t, filepath.Join(dir, folder), end)
			split, err := Load("mnist", Options{Dir: dir, Normalize: "centered"})
			if err != nil {
				t.Fatal(err)
			}
			if split.Train.Len() != 2 || split.Test.Len() != 1 || split.Test.Labels[0] != 5 || len(split.Files) != 4 {
				t.Errorf("%q in %q: %d and %d images, test label %d, %d files", end, folder, split.Train.Len(), split.Test.Len(),
					split.Test.Labels[0], len(split.Files))
			}
			row := slices.Index(split.Train.Labels, 0) // the second stored image
			if got, want := split.Train.image(row)[3], float32(7.0/255-0.5); row < 0 || got != want {
				t.Errorf("%q in %q: last pixel of the image of a 0 is %v, want %v", end, folder, got, want)
			}
		}
	}
}

func TestReadIDXErrors(t *testing.T) {
	images := idx(idxImages, []uint32{2, 2, 2}, 0, 1, 2, 3, 4, 5, 6, 7)
	tests := []struct {
		name, file string
		contents   []byte
		want       []string
	}{
		{"too short for a header", "train-images-idx3-ubyte", images[:10], []string{"train-images-idx3-ubyte is 10 bytes",
			"too short", again}},
		{"truncated", "train-images-idx3-ubyte", images[:20], []string{"holds 4 values, want 8 (its header says [2 2 2])",
			again}},
		{"too long", "train-images-idx3-ubyte", append(slices.Clone(images), 0), []string{"holds 9 values, want 8"}},
		{"labels where images should be", "train-images-idx3-ubyte", idx(idxLabels, []uint32{2, 0, 0}, 1, 2, 3, 4),
			[]string{"begins with 0x00000801, want 0x00000803"}},
		{"an absurd length", "train-images-idx3-ubyte", idx(idxImages, []uint32{1 << 31, 2, 2}),
			[]string{"has length 2147483648 on axis 0"}},
		{"another number of labels", "train-labels-idx1-ubyte", idx(idxLabels, []uint32{3}, 1, 2, 3),
			[]string{"holds 2 images", "holds 3 labels"}},
		{"a label out of range", "train-labels-idx1-ubyte", idx(idxLabels, []uint32{2}, 1, 10),
			[]string{"has label 10 in row 1, want 0 to 9"}},
		{"test images of another size", "t10k-images-idx3-ubyte", idx(idxImages, []uint32{1, 1, 1}, 0),
			[]string{"2×2 pixels", "of 1×1", "two sets"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			twoIDX(t, dir, "")
			write(t, dir, tt.file, tt.contents)
			_, err := Load("mnist", Options{Dir: dir})
			checkError(t, err, append(tt.want, filepath.Join(dir, tt.file))...)
		})
	}
}

// A packed file that lost its end, or some bits, is not taken for a shorter one.
func TestDamagedGzip(t *testing.T) {
	whole := packed(t, []byte(strings.Repeat("some contents that pack well, ", 100)))
	flipped := slices.Clone(whole)
	flipped[len(flipped)-6] ^= 1 // in the checksum
	for name, contents := range map[string][]byte{"cut short": whole[:len(whole)/2], "a flipped bit": flipped} {
		path := filepath.Join(t.TempDir(), "file.gz")
		if err := os.WriteFile(path, contents, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			_, err := readFile(path)
			checkError(t, err, path, "cut short or damaged", again)
		})
	}
}

// cifarRecords makes n records whose pixel p of colour c is 10·i + c in record i, except that pixel 33 is 200 + c.
func cifarRecords(n, labelBytes int) []byte {
	var b []byte
	for i := range n {
		for range labelBytes {
			b = append(b, uint8(i))
		}
		for c := range 3 {
			for p := range 1024 {
				if p == 33 {
					b = append(b, uint8(200+c))
				} else {
					b = append(b, uint8(10*i+c))
				}
			}
		}
	}
	return b
}

func TestReadCIFAR(t *testing.T) {
	tests := []struct {
		name, set  string
		labelBytes int
		files      []string
	}{
		{"subset", "cifar10", 1, []string{"train-1.bin", "train-2.bin.gz", "test-2.bin"}},
		{"subset in its folder", "cifar10", 1, []string{"cifar10-subset/train-1.bin.gz", "cifar10-subset/train-2.bin.gz",
			"cifar10-subset/test-2.bin.gz"}},
		{"subset of a hundred classes", "cifar100", 2, []string{"train-a.bin", "train-b.bin", "test-a.bin"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range tt.files {
				write(t, dir, file, cifarRecords(2, tt.labelBytes))
			}
			split, err := Load(tt.set, Options{Dir: dir, Normalize: "centered"})
			if err != nil {
				t.Fatal(err)
			}
			if split.Train.Len() != 4 || split.Test.Len() != 2 {
				t.Fatalf("%d and %d images, want 4 and 2", split.Train.Len(), split.Test.Len())
			}
			image := split.Test.image(slices.Index(split.Test.Labels, 1))
			// Pixel 33 is row 1, column 1; its neighbour on the left is column 0.
			for c := range 3 {
				at := func(row, column int) float32 { return image[(row*32+column)*3+c] }
				if got, want := at(1, 1), float32(float64(200+c)/255-0.5); got != want {
					t.Errorf("colour %d of row 1, column 1 is %v, want %v", c, got, want)
				}
				if got, want := at(1, 0), float32(float64(10+c)/255-0.5); got != want {
					t.Errorf("colour %d of row 1, column 0 is %v, want %v", c, got, want)
				}
			}
		})
	}
}

func TestReadCIFARErrors(t *testing.T) {
	bad := cifarRecords(2, 1)
	bad[3073] = 10
	tests := []struct {
		name, set string
		files     map[string][]byte
		want      []string
	}{
		{"a published file that lost its end", "cifar10",
			map[string][]byte{"data_batch_3.bin": make([]byte, 30_720_000), "test_batch.bin": nil},
			[]string{"data_batch_3.bin is 30720000 bytes, want 30730000 (10000 records × 3073 bytes): download it again"}},
		{"a published file of a hundred classes", "cifar100",
			map[string][]byte{"train.bin": make([]byte, 3074), "test.bin": nil},
			[]string{"train.bin is 3074 bytes, want 153700000 (50000 records × 3074 bytes)"}},
		{"a subset that is misaligned", "cifar10",
			map[string][]byte{"train-1.bin": make([]byte, 3074), "test-1.bin": nil},
			[]string{"train-1.bin is 3074 bytes, want a multiple of 3073", again}},
		{"an empty file", "cifar10",
			map[string][]byte{"train-1.bin": cifarRecords(1, 1), "test-1.bin": nil},
			[]string{"test-1.bin is 0 bytes"}},
		{"a label out of range", "cifar10",
			map[string][]byte{"train-1.bin": bad, "test-1.bin": cifarRecords(1, 1)},
			[]string{"train-1.bin has label 10 in row 1, want 0 to 9"}},
		{"no test files", "cifar10",
			map[string][]byte{"train-1.bin": cifarRecords(1, 1)},
			[]string{"no [data_batch_*.bin] and [test_batch.bin], or train-*.bin and test-*.bin"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, contents := range tt.files {
				write(t, dir, name, contents)
			}
			_, err := Load(tt.set, Options{Dir: dir})
			checkError(t, err, tt.want...)
		})
	}
}

func TestParseDigits(t *testing.T) {
	line := func(label string) string { return strings.Repeat("16,", 63) + "3," + label + "\n" }
	im, err := parseDigits("digits.csv", []byte(line("7")+line("0")))
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(im.labels) != "[7 0]" || im.len() != 2 || im.pixels[0] != 16 || im.pixels[63] != 3 ||
		len(im.pixels) != 128 {
		t.Errorf("labels %v, pixels %v", im.labels, im.pixels)
	}
	tests := []struct {
		name, contents string
		want           []string
	}{
		{"empty", "", []string{"digits.csv is empty"}},
		{"cut short", line("7") + "16,16", []string{"digits.csv has 2 numbers in a line", "line 2",
			"want 64 pixels and a label"}},
		{"a pixel out of range", strings.Replace(line("7"), "3", "17", 1),
			[]string{`"17" in line 1, column 64, want a pixel from 0 to 16`}},
		{"a label out of range", line("7") + line("10"), []string{`"10" in line 2, column 65, want a label from 0 to 9`}},
		{"words", line("seven"), []string{`"seven" in line 1`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseDigits("digits.csv", []byte(tt.contents))
			checkError(t, err, tt.want...)
		})
	}
}
