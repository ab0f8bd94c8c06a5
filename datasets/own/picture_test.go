package own

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"testing"
)

// Pictures of 16 bits keep what they hold below the eighth bit, on the scale of 0 to 255.
func TestDeepPictures(t *testing.T) {
	grey := image.NewGray16(image.Rect(0, 0, 2, 1))
	grey.SetGray16(0, 0, color.Gray16{Y: 255})
	grey.SetGray16(1, 0, color.Gray16{Y: 65535})
	colour := image.NewNRGBA64(image.Rect(0, 0, 1, 1))
	colour.SetNRGBA64(0, 0, color.NRGBA64{R: 257, G: 100, B: 65535, A: 65535})
	flat := image.NewGray16(image.Rect(0, 0, 4, 4)) // 100 everywhere: so it is when shrunk
	for i := range 16 {
		flat.SetGray16(i%4, i/4, color.Gray16{Y: 100})
	}
	for _, tt := range []struct {
		name    string
		picture image.Image
		size    size
		want    []float64
	}{
		{"grey", grey, size{1, 2, 1}, []float64{255. / 257, 255}},
		{"colour", colour, size{1, 1, 3}, []float64{1, 100. / 257, 255}},
		{"grey of colour", colour, size{1, 1, 1}, []float64{(299*257. + 587*100 + 114*65535) / 257000}},
		{"resized", flat, size{2, 2, 1}, []float64{100. / 257, 100. / 257, 100. / 257, 100. / 257}},
	} {
		var file bytes.Buffer
		if err := png.Encode(&file, tt.picture); err != nil {
			t.Fatal(err)
		}
		got, err := newCanvas(tt.size).paint(file.Bytes())
		if err != nil || len(got) != len(tt.want) {
			t.Fatalf("%s: %v (%v), want %v", tt.name, got, err, tt.want)
		}
		for i, x := range got {
			if math.Abs(float64(x)-tt.want[i]) > 1e-4 { // float32 near 255
				t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
			}
		}
	}
}

// Images of a file are in colour if one of them is, wherever it stands.
func TestParquetColours(t *testing.T) {
	one, three := size{2, 2, 1}, size{2, 2, 3}
	var rows []numberedRow
	for i, s := range []size{one, one, three, one} {
		rows = append(rows, numberedRow{imageBytes{pngOf(t, s, drawn(uint64(i), 1, s, "0")[0].values), "p"},
			new(int64(i % 2))})
	}
	path := write(t, t.TempDir(), "d.parquet", parquetOf(t, rows))
	if d := opened(t, "parquet:"+path, Options{}); d.Channels != 3 {
		t.Errorf("%d channels, want 3: the third image has them", d.Channels)
	}
	if d := opened(t, "parquet:"+path, Options{Image: "2x2x1"}); d.Channels != 1 {
		t.Errorf("%d channels, want 1, as was asked for", d.Channels)
	}
}

// The parts of a folder of Parquet files are found whatever the case, and files that are no part are noted.
func TestParquetNames(t *testing.T) {
	s, dir := size{2, 2, 1}, t.TempDir()
	for i, name := range []string{"Train_0", "train-1", "dev", "TEST", "trainer", "holdout"} {
		var rows []numberedRow
		for j, e := range drawn(uint64(i), 4, s, "0", "1") {
			rows = append(rows, numberedRow{imageBytes{pngOf(t, s, e.values), "p"}, new(int64(j % 2))})
		}
		write(t, dir, name+".parquet", parquetOf(t, rows))
	}
	d := opened(t, "parquet:"+dir, Options{})
	if d.Train.Len() != 8 || d.Validation == nil || d.Test == nil || d.Test.Len() != 4 {
		t.Errorf("parts of %v, %v and %v, want 8, 4 and 4", d.Train, d.Validation, d.Test)
	}
	if want := "files that are no part and not used: holdout.parquet, trainer.parquet"; !slices.Contains(d.Notes, want) {
		t.Errorf("notes %q, want %q", d.Notes, want)
	}
}
