package datasets

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/xsam-go/xsam/datasets/own"
)

// lines is a table of n lines: two numbers, a category, a class out of three and a measured number.
func lines(n int) []byte {
	random := rand.New(rand.NewPCG(5, 5))
	var b bytes.Buffer
	b.WriteString("small,large,kind,class,measured\n")
	for i := range n {
		x := random.NormFloat64()
		fmt.Fprintf(&b, "%g,%g,%s,%d,%g\n", x, 1e6+1e3*random.NormFloat64(), []string{"red", "blue"}[i%2], i%3, 50+7*x)
	}
	return b.Bytes()
}

func TestLoadOwnTable(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "t.csv", lines(103))
	split, err := Load("csv:t.csv", Options{Dir: dir, ValidationSize: 10, Seed: 3, Own: own.Options{Label: "class"}})
	if err != nil {
		t.Fatal(err)
	}
	if n := [3]int{split.Train.Len(), split.Validation.Len(), split.Test.Len()}; n != [3]int{73, 10, 20} {
		t.Errorf("%d training, validation and test examples, want 73, 10 and a fifth of 103", n)
	}
	s := split.Train
	if s.Height != 1 || s.Width != 1 || s.Channels != 5 || s.Classes != 3 || s.Name != "csv:t.csv" {
		t.Errorf("the set is %d×%d×%d of %d classes, %s: want 1×1×5 of 3, csv:t.csv", s.Height, s.Width, s.Channels,
			s.Classes, s.Name)
	}
	mean, std := s.channelMoments()
	for c, scaled := range []bool{true, true, false, false, true} {
		// float32 holds numbers near 1 to 6e-8; the mean of 73 of them is as near to 0.
		if near := math.Abs(mean[c]) < 1e-6 && math.Abs(std[c]-1) < 1e-6; near != scaled {
			t.Errorf("channel %d has mean %v and standard deviation %v, standardised %v, want %v", c, mean[c], std[c], near,
				scaled)
		}
	}
	for i, x := range s.Pixels {
		if c := i % 5; (c == 2 || c == 3) && x != 0 && x != 1 {
			t.Fatalf("a category is %v, want 0 or 1", x)
		}
	}
}

// With --task regression the label is a number, standardised as the training part has it.
func TestLoadOwnRegression(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "t.csv", lines(50))
	o := Options{Dir: dir, Own: own.Options{Label: "measured", Task: own.Regression}}
	split, err := Load("csv:t.csv", o)
	if err != nil {
		t.Fatal(err)
	}
	if s := split.Train; !s.Regression() || s.Labels != nil || s.Len() != 40 || split.Test.Len() != 10 ||
		split.ClassNames != nil {
		t.Errorf("regression %v, labels %v, %d and %d examples, classes %v", s.Regression(), s.Labels, s.Len(),
			split.Test.Len(), split.ClassNames)
	}
	// measured = 50 + 7·small, so that both are the same once they are standardised. 2e-5: 50 + 7x has 6 decimal digits.
	for i, y := range split.Train.Targets {
		if x := split.Train.image(i)[0]; math.Abs(float64(x-y)) > 2e-5 {
			t.Fatalf("example %d has the number %v and the target %v, want the same", i, x, y)
		}
	}
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		for batch, err := range NewEvaluation(split.Test.First(4), 4, dtype).Iter() {
			if err != nil || batch.Labels[0].DType() != dtype || batch.Labels[0].Size() != 4 {
				t.Fatalf("labels %s (%v), want 4 of %s", batch.Labels[0].Shape(), err, dtype)
			}
			if dtype == dtypes.Float32 {
				if got := tensors.MustCopyFlatData[float32](batch.Labels[0]); !slices.Equal(got, split.Test.Targets[:4]) {
					t.Errorf("labels %v, want %v", got, split.Test.Targets[:4])
				}
			}
		}
	}
	all := split.Train.Targets
	if got := split.Train.Subset([]int{3, 1}).Targets; !slices.Equal(got, []float32{all[3], all[1]}) {
		t.Errorf("the targets of a subset are %v", got)
	}
	o.LabelNoise = 0.1
	_, err = Load("csv:t.csv", o)
	checkError(t, err, "label noise", "regression")
	write(t, dir, "c.csv", []byte("a,y\n1,5\n2,5\n3,5\n"))
	_, err = Load("csv:c.csv", Options{Dir: dir, Own: own.Options{Label: "y", Task: own.Regression}})
	checkError(t, err, "c.csv", "want numbers that differ")
}

func TestFingerprint(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "t.csv", lines(30))
	source := own.Source{Kind: "csv", Path: "t.csv"}
	hash, err := source.Fingerprint(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: dir, Own: own.Options{Label: "class"}, Fingerprint: hash}
	if _, err := Load("csv:t.csv", o); err != nil {
		t.Errorf("unchanged data is refused: %v", err)
	}
	changed := lines(30)
	changed[len(changed)-2]++
	write(t, dir, "t.csv", changed)
	_, err = Load("csv:t.csv", o)
	checkError(t, err, "csv:t.csv", "has changed", hash)

	write(t, dir, "f/a/1.png", []byte("x"))
	write(t, dir, "f/b/1.png", []byte("x"))
	folder := own.Source{Kind: "folder", Path: "f"}
	one, err := folder.Fingerprint(dir)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "f/b/2.png", []byte("x"))
	if two, err := folder.Fingerprint(dir); err != nil || one == two {
		t.Errorf("fingerprints %s and %s (%v) of different folders", one, two, err)
	}
}

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

// The same files through --data idx: give what --data fashion-mnist gives, up to the rounding of the scaling.
func TestOwnIDXIsTheBuiltIn(t *testing.T) {
	dir := realData(t)
	o := Options{Dir: dir, TrainSize: 500, TestSize: 100, Seed: 4, LabelNoise: 0.2}
	want, err := Load("fashion-mnist", o)
	if err != nil {
		t.Fatal(err)
	}
	o.Dir = ""
	got, err := Load("idx:"+filepath.Join(dir, "fashion-mnist"), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct{ got, want *Set }{{got.Train, want.Train}, {got.Test, want.Test}} {
		if !slices.Equal(p.got.Labels, p.want.Labels) {
			t.Error("the labels differ")
		}
		for i, x := range p.got.Pixels {
			if math.Abs(float64(x-p.want.Pixels[i])) > 1e-5 { // both sums are in float64, values reach 2.1
				t.Fatalf("value %d is %v, want %v", i, x, p.want.Pixels[i])
			}
		}
	}
}
