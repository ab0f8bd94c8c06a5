package datasets

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
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
