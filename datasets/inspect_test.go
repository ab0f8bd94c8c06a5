package datasets

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/datasets/own"
)

// grey is a grey PNG of 4×4 pixels.
func grey(t *testing.T, values ...uint8) []byte {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, 4, 4))
	copy(picture.Pix, values)
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestInspect(t *testing.T) {
	dir := t.TempDir()
	for i := range 6 {
		write(t, dir, fmt.Sprintf("d/train/a/%d.png", i), grey(t, uint8(i), 10))
		write(t, dir, fmt.Sprintf("d/train/b/%d.png", i), grey(t, uint8(i), 20))
	}
	write(t, dir, "d/test/a/0.png", grey(t, 3, 10))  // as a/3
	write(t, dir, "d/test/b/0.png", grey(t, 4, 10))  // as a/4, of another class
	write(t, dir, "d/test/b/1.png", grey(t, 200, 9)) // as none
	i, err := Inspect("folder:d", Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if d := i.Duplicates; d.TrainTest != 2 || d.OtherLabel != 1 || len(d.Examples) != 2 ||
		!strings.Contains(d.Examples[0], "a/3.png") {
		t.Errorf("duplicates %+v, want 2, one with another label", d)
	}
	if i.Image != [3]int{4, 4, 1} || i.Table || i.Task != "classification" || i.Split != "as it is stored" {
		t.Errorf("inspection %+v", i)
	}
	train, test := i.Parts[0], i.Parts[1]
	if train.Examples != 12 || !slices.Equal(train.ClassCounts, []int{6, 6}) || train.Values != (Range{0, 20}) ||
		test.Examples != 3 || !slices.Equal(test.ClassCounts, []int{1, 2}) || test.Values != (Range{0, 200}) {
		t.Errorf("parts %+v, want 6 + 6 and 1 + 2 images", i.Parts)
	}
	write(t, dir, "d/train/a/bad.png", []byte("no"))
	write(t, dir, "d/test/b/bad.png", nil)
	i, err = Inspect("folder:d", Options{Dir: dir})
	checkError(t, err, "2 of 17 images cannot be read", "train/a/bad.png", "test/b/bad.png (empty)")
	if i == nil || len(i.Unreadable) != 2 || i.Parts[0].Examples != 12 {
		t.Errorf("inspection %+v, want the unreadable files, and the others counted", i)
	}
}

// Images of several sizes, where none was asked for, are refused; Inspect says what is there beside it: sizes with
// their files, classes, all that cannot be read. Load refuses in one line.
func TestInspectSizes(t *testing.T) {
	dir := t.TempDir()
	for i := range 4 {
		write(t, dir, fmt.Sprintf("d/a/%d.png", i), grey(t, uint8(i), 10))
		write(t, dir, fmt.Sprintf("d/b/%d.png", i), grey(t, uint8(i), 20))
	}
	var large bytes.Buffer
	if err := png.Encode(&large, image.NewNRGBA(image.Rect(0, 0, 7, 5))); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "d/b/large.png", large.Bytes())
	write(t, dir, "d/b/bad.png", []byte("no"))
	i, err := Inspect("folder:d", Options{Dir: dir})
	checkError(t, err, "from 4×4 to 5×7", "--image 32x32x3")
	if want := []own.SizeCount{
		{Height: 4, Width: 4, Channels: 1, Files: 8}, {Height: 5, Width: 7, Channels: 3, Files: 1}}; i == nil || !slices.Equal(i.Sizes, want) {
		t.Fatalf("inspection %+v, want the sizes %v", i, want)
	}
	counts := []int{0, 0}
	for _, p := range i.Parts {
		counts[0], counts[1] = counts[0]+p.ClassCounts[0], counts[1]+p.ClassCounts[1]
	}
	if i.Image != [3]int{} || !slices.Equal(counts, []int{4, 5}) || len(i.Unreadable) != 1 ||
		i.Unreadable[0].Path != "b/bad.png" {
		t.Errorf("inspection %+v, want no one size, 4 and 5 images of the classes, and b/bad.png", i)
	}
	if _, err := Load("folder:d", Options{Dir: dir}); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("Load: %v, want one line", err)
	}

	for i := range 5 { // not one image that can be read, and more than an error names
		write(t, dir, fmt.Sprintf("e/a/%d.png", i), nil)
		write(t, dir, fmt.Sprintf("e/b/%d.png", i), nil)
	}
	i, err = Inspect("folder:e", Options{Dir: dir})
	checkError(t, err, "10 of 10 images cannot be read", "and 7 more")
	if i == nil || len(i.Unreadable) != 10 {
		t.Errorf("inspection %+v, want ten unreadable files", i)
	}
}
