package own

import (
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// Whatever is in a file, opening it and reading its examples ends with them or with an error that names it.
func FuzzOpen(f *testing.F) {
	type row struct {
		X     float64
		Label string
	}
	f.Add("csv", []byte("x,label\n1,a\n2,b\n3,a\n"))
	f.Add("csv", []byte("\ufeffx;label\r\n\"1\";\"a\n\"\r\n"))
	f.Add("npz", npzOf(f, "x_train", npyOf("<f4", "False", []int{2, 2}, make([]byte, 16)), "y_train",
		npyOf("<i8", "False", []int{2}, make([]byte, 16))))
	f.Add("parquet", parquetOf(f, []row{{1, "a"}, {2, "b"}}, parquet.Compression(&parquet.Snappy)))
	f.Add("csv", packed(f, []byte("x,label\n1,a\n2,b\n")))
	f.Fuzz(func(t *testing.T, kind string, contents []byte) {
		if kind != "csv" && kind != "npz" && kind != "parquet" {
			t.Skip("a kind that is none, or a folder")
		}
		path := write(t, t.TempDir(), "data", contents)
		o := Options{}
		if kind != "npz" {
			o.Label = "label"
		}
		data, err := Source{Kind: kind, Path: path}.Open("", o)
		if err == nil {
			for _, part := range parts(data) {
				if part == nil {
					continue
				}
				if err = part.Each(func(int, []float64) error { return nil }); err != nil {
					break
				}
			}
		}
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one that names %s", err, path)
		}
	})
}
