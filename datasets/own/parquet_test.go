package own

import (
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

func TestParquet(t *testing.T) {
	s := size{4, 5, 3}
	for _, codec := range []struct {
		name   string
		option parquet.WriterOption
	}{{"snappy", parquet.Compression(&parquet.Snappy)}, {"zstd", parquet.Compression(&parquet.Zstd)},
		{"plain, small pages", parquet.PageBufferSize(64)}} {
		t.Run(codec.name, func(t *testing.T) {
			dir := t.TempDir()
			var files [][]byte
			var parts [][]example
			for i := range 3 {
				all := drawn(uint64(i), 5+i, s, "0", "1")
				var rows []numberedRow
				for _, e := range all {
					rows = append(rows, numberedRow{imageBytes{pngOf(t, s, e.values), "p"}, new(int64(e.label[0] - '0'))})
				}
				files = append(files, parquetOf(t, rows, codec.option, parquet.MaxRowsPerRowGroup(3)))
				parts = append(parts, all)
			}
			write(t, dir, "train-00000-of-00002.parquet", files[0])
			write(t, dir, "train-00001-of-00002.parquet", files[1])
			write(t, dir, "test-00000-of-00001.parquet", files[2])
			d := opened(t, "parquet:"+dir, Options{})
			checkPart(t, d, d.Train, append(slices.Clone(parts[0]), parts[1]...))
			checkPart(t, d, d.Test, parts[2])
		})
	}
	t.Run("words, and a column that is named", func(t *testing.T) {
		all := drawn(1, 6, s, "cat", "ant")
		var rows []wordRow
		for _, e := range all {
			rows = append(rows, wordRow{imageBytes{pngOf(t, s, e.values), ""}, e.label})
		}
		path := write(t, t.TempDir(), "d.parquet", parquetOf(t, rows))
		d := opened(t, "parquet:"+path, Options{Label: "kind"})
		checkPart(t, d, d.Train, all)
		if d.Test != nil || d.Label != "kind" || strings.Join(d.Classes, ",") != "ant,cat" {
			t.Errorf("test %v, label %q, classes %v", d.Test, d.Label, d.Classes)
		}
	})
	t.Run("names of classes in the file", func(t *testing.T) {
		var rows []numberedRow
		for i, e := range drawn(1, 4, s, "0", "1") {
			rows = append(rows, numberedRow{imageBytes{pngOf(t, s, e.values), ""}, new(int64(i % 2))})
		}
		about := `{"info":{"features":{"label":{"names":["cat","dog"],"_type":"ClassLabel"}}}}`
		path := write(t, t.TempDir(), "d.parquet", parquetOf(t, rows, parquet.KeyValueMetadata("huggingface", about)))
		if d := opened(t, "parquet:"+path, Options{}); strings.Join(d.Classes, ",") != "cat,dog" {
			t.Errorf("classes %v, want cat and dog", d.Classes)
		}
	})
}
