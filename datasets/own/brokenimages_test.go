package own

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
)

func TestBrokenFolder(t *testing.T) {
	s := size{2, 2, 1}
	good := func(t *testing.T, dir string) {
		writeFolder(t, filepath.Join(dir, "d"), s, drawn(1, 4, s, "a", "b"))
	}
	with := func(name string, contents func(t *testing.T) []byte) func(*testing.T, string) string {
		return func(t *testing.T, dir string) string {
			good(t, dir)
			write(t, dir, "d/"+name, contents(t))
			return "d"
		}
	}
	whole := func(t *testing.T) []byte {
		return pngOf(t, size{30, 30, 3}, drawn(1, 1, size{30, 30, 3}, "a")[0].values)
	}
	small := Options{Image: "2x2x1"}
	for _, b := range []broken{
		{"not there", func(*testing.T, string) string { return "none" }, Options{}, []string{"does not exist"}},
		{"a file", file("f.png", text("x")), Options{}, []string{"no folder"}},
		{"no classes", func(t *testing.T, dir string) string { write(t, dir, "d/a.png", whole(t)); return "d" }, Options{},
			[]string{"no subfolder"}},
		{"an empty class", func(t *testing.T, dir string) string {
			good(t, dir)
			if err := os.Mkdir(filepath.Join(dir, "d", "c"), 0o755); err != nil {
				t.Fatal(err)
			}
			return "d"
		}, Options{}, []string{"d/c", "no PNG"}},
		{"different sizes", with("a/large.png", whole), Options{}, []string{"2×2 to 30×30", "--image"}},
		{"no picture", with("a/x.png", text("hello")), small, []string{"1 of 5", "a/x.png", "no PNG, JPEG or GIF"}},
		{"an empty picture", with("b/x.jpg", text()), small, []string{"b/x.jpg (empty)"}},
		{"cut short", with("a/x.png", func(t *testing.T) []byte { return whole(t)[:200] }), small,
			[]string{"a/x.png", "not enough pixel data"}},
		{"cut in its header", with("a/x.gif", text("GIF89a")), small, []string{"a/x.gif"}},
		{"another format", with("a/x.webp", text("RIFF....WEBP")), small, []string{"a/x.webp"}},
		{"a picture of 2³² pixels", with("a/x.png", func(t *testing.T) []byte { return enlarged(whole(t), 1<<16, 1<<16) }),
			small, []string{"65536×65536", "67108864"}},
		{"a wrong checksum", with("a/x.png", func(t *testing.T) []byte {
			bad := whole(t)
			bad[60] ^= 0xff
			return bad
		}), small, []string{"a/x.png"}},
		{"a class of the test part alone", func(t *testing.T, dir string) string {
			writeFolder(t, filepath.Join(dir, "d", "train"), s, drawn(1, 4, s, "a", "b"))
			writeFolder(t, filepath.Join(dir, "d", "test"), s, drawn(1, 2, s, "c"))
			return "d"
		}, Options{}, []string{"label c"}},
		{"one class", func(t *testing.T, dir string) string {
			writeFolder(t, filepath.Join(dir, "d"), s, drawn(1, 4, s, "a"))
			return "d"
		}, Options{}, []string{"1 class (a)"}},
		{"images that are too large in all", with("a/x.png", whole), Options{Image: "20000x20000x3"}, []string{"--image"}},
	} {
		b.run(t, "folder")
	}
}

// enlarged claims another size in the header of a PNG file, with the right checksum.
func enlarged(picture []byte, width, height uint32) []byte {
	binary.BigEndian.PutUint32(picture[16:], width)
	binary.BigEndian.PutUint32(picture[20:], height)
	binary.BigEndian.PutUint32(picture[29:], crc32.ChecksumIEEE(picture[12:29]))
	return picture
}

func TestBrokenParquet(t *testing.T) {
	s := size{2, 2, 3}
	rows := func(t *testing.T, change func(i int, r *numberedRow)) []numberedRow {
		var all []numberedRow
		for i, e := range drawn(1, 6, s, "0", "1") {
			r := numberedRow{imageBytes{pngOf(t, s, e.values), "p"}, new(int64(i % 2))}
			change(i, &r)
			all = append(all, r)
		}
		return all
	}
	of := func(change func(i int, r *numberedRow)) func(*testing.T, string) string {
		return file("d.parquet", func(t *testing.T) []byte { return parquetOf(t, rows(t, change)) })
	}
	bytes := func(change func([]byte) []byte) func(*testing.T, string) string {
		return file("d.parquet", func(t *testing.T) []byte {
			return change(parquetOf(t, rows(t, func(int, *numberedRow) {}), parquet.Compression(&parquet.Snappy)))
		})
	}
	asIs := of(func(int, *numberedRow) {})
	for _, b := range []broken{
		{"not there", func(*testing.T, string) string { return "no.parquet" }, Options{}, []string{"does not exist"}},
		{"empty", file("d.parquet", text()), Options{}, []string{"empty"}},
		{"no Parquet", file("d.parquet", text("hello, this is no parquet file")), Options{}, []string{"PAR1"}},
		{"cut short", bytes(func(b []byte) []byte { return b[:len(b)-30] }), Options{}, []string{"PAR1"}},
		{"a footer that is too long", bytes(func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[len(b)-8:], 1<<31)
			return b
		}), Options{}, []string{"footer of 2147483648"}},
		{"a damaged footer", bytes(func(b []byte) []byte {
			n := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
			for i := range n {
				b[len(b)-8-n+i] ^= 0x5a
			}
			return b
		}), Options{}, nil},
		{"damaged pages", bytes(func(b []byte) []byte {
			for i := 4; i < 300; i++ {
				b[i] ^= 0x5a
			}
			return b
		}), Options{}, nil},
		{"no such column", asIs, Options{Label: "kind"}, []string{"image, label", "--label"}},
		{"no images", file("d.parquet", func(t *testing.T) []byte {
			return parquetOf(t, []struct {
				Label int64 `parquet:"label"`
			}{{1}, {2}})
		}), Options{}, []string{"label", "one of images"}},
		{"a label missing", of(func(i int, r *numberedRow) {
			if i == 3 {
				r.Label = nil
			}
		}), Options{}, []string{"row 4", "no label"}},
		{"an image missing", of(func(i int, r *numberedRow) {
			if i == 3 {
				r.Image.Bytes = nil
			}
		}), Options{}, []string{"row 4"}},
		{"no picture", of(func(i int, r *numberedRow) {
			if i == 2 {
				r.Image.Bytes = []byte("hello")
			}
		}), Options{}, []string{"row 3", "no PNG, JPEG or GIF"}},
		{"different sizes", of(func(i int, r *numberedRow) {
			if i == 5 {
				r.Image.Bytes = pngOf(t, size{3, 2, 3}, make([]float64, 18))
			}
		}), Options{}, []string{"3×2 in row 6", "--image"}},
		{"one class", of(func(_ int, r *numberedRow) { r.Label = new(int64(7)) }), Options{}, []string{"1 class (7)"}},
		{"a label of 40 bits", of(func(_ int, r *numberedRow) { r.Label = new(int64(1 << 40)) }), Options{},
			[]string{"32 bits"}},
		{"a folder without training files",
			func(t *testing.T, dir string) string { write(t, dir, "d/x.parquet", nil); return "d" }, Options{},
			[]string{"train*"}},
	} {
		b.run(t, "parquet")
	}
}
