package datasets

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"

	"github.com/xsam-go/xsam/datasets/own"
)

// Numbers that float32 rounds to one another, such as times in seconds, are told apart once they are standardised.
func TestLargeNumbers(t *testing.T) {
	dir, begin := t.TempDir(), 1_700_000_000
	var table bytes.Buffer
	table.WriteString("time,y,class\n")
	for i := range 50 {
		fmt.Fprintf(&table, "%d,%d,%d\n", begin+i, begin+3*i, i%2)
	}
	write(t, dir, "t.csv", table.Bytes())
	for _, o := range []own.Options{{Label: "class"}, {Label: "y", Task: own.Regression}} {
		split, err := Load("csv:t.csv", Options{Dir: dir, Own: o})
		if err != nil {
			t.Fatal(err)
		}
		s, times, targets := split.Train, map[float32]bool{}, map[float32]bool{}
		for i := range s.Len() {
			times[s.image(i)[0]] = true
			if s.Regression() {
				targets[s.Targets[i]] = true
				// Both are the same once they are standardised, each in float64 before it is float32.
				if x := s.image(i)[0]; math.Abs(float64(x-s.Targets[i])) > 1e-6 {
					t.Fatalf("example %d has the time %v and the target %v, want the same", i, x, s.Targets[i])
				}
			}
		}
		if len(times) != s.Len() || s.Regression() && len(targets) != s.Len() {
			t.Errorf("%v: %d different times and %d targets of %d examples, want as many", o, len(times), len(targets),
				s.Len())
		}
		whole, err := LoadLike(split, "csv:t.csv", Options{Dir: dir, Own: o})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := whole.image(1)[0], whole.image(0)[0]; !(a > b) {
			t.Errorf("to predict, the second time is %v and the first %v, want it above", a, b)
		}
	}
}

// Examples to predict need not be many, nor of all classes and categories.
func TestLoadLikeTable(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "t.csv", lines(60))
	o := Options{Dir: dir, Own: own.Options{Label: "class"}}
	split, err := Load("csv:t.csv", o)
	if err != nil {
		t.Fatal(err)
	}
	header := "small,large,kind,class,measured\n"
	for name, rows := range map[string]string{
		"one example": "1.5,1e6,red,2,50\n", "one class": "1.5,1e6,red,1,50\n2,1e6,blue,1,49\n",
		"one category":                        "1.5,1e6,red,0,50\n2,1e6,red,1,49\n",
		"whole numbers in place of fractions": "1,1000000,red,0,50\n",
	} {
		write(t, dir, "p.csv", []byte(header+rows))
		set, err := LoadLike(split, "csv:p.csv", o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// blue comes before red.
		if x := set.image(0); set.Channels != 5 || x[2] != 0 || x[3] != 1 {
			t.Errorf("%s: the first example is %v, want red as 0, 1", name, x)
		}
	}
	for contents, words := range map[string][]string{
		header + "1.5,1e6,green,2,50\n":                   {`"green"`, "column kind", "blue, red"},
		header + "1.5,high,red,2,50\n":                    {`"high"`, "column large", "want a number"},
		header + "1.5,1e6,red,7,50\n":                     {`the class "7"`},
		"large,small,kind,class,measured\n1,2,red,0,5\n":  {"the columns", "same order"},
		"small,large,kind,class\n1,2,red,0\n":             {"the columns"},
		header[:len(header)-1] + ",more\n1,2,red,0,5,6\n": {"the columns"},
	} {
		write(t, dir, "p.csv", []byte(contents))
		_, err := LoadLike(split, "csv:p.csv", o)
		checkError(t, err, words...)
	}
}

// Images to predict are brought to the size and the channels of those that were trained on.
func TestLoadLikeImages(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, side int, grey bool) {
		var picture image.Image = image.NewGray(image.Rect(0, 0, side, side))
		if !grey {
			colour := image.NewRGBA(image.Rect(0, 0, side, side))
			for i := range side * side {
				colour.Set(i%side, i/side, color.RGBA{uint8(17 * i), 9, 200, 255})
			}
			picture = colour
		}
		var file bytes.Buffer
		if err := png.Encode(&file, picture); err != nil {
			t.Fatal(err)
		}
		write(t, dir, name, file.Bytes())
	}
	for i := range 6 {
		put(fmt.Sprintf("photos/a/%d.png", i), 4, false)
		put(fmt.Sprintf("photos/b/%d.png", i), 4, i == 0)
	}
	put("one/a/0.png", 4, false)
	put("grey/a/0.png", 4, true)
	put("parts/train/a/0.png", 4, false)
	put("parts/test/b/0.png", 4, false)
	put("large/a/0.png", 9, false)
	put("large/b/0.png", 7, false)
	for _, o := range []own.Options{{}, {Image: "3x5x3"}} {
		split, err := Load("folder:photos", Options{Dir: dir, Own: o})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"one", "grey", "large", "parts"} {
			set, err := LoadLike(split, "folder:"+name, Options{Dir: dir, Own: o})
			if err != nil {
				t.Errorf("%s with %v: %v", name, o, err)
			} else if w := split.Train; set.Height != w.Height || set.Width != w.Width || set.Channels != w.Channels ||
				len(set.Pixels) != set.Len()*w.size() {
				t.Errorf("%s is %d×%d×%d, want %d×%d×%d", name, set.Height, set.Width, set.Channels, w.Height, w.Width,
					w.Channels)
			}
		}
	}
}
