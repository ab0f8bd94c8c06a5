package own

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// parquetFile is an open file with its two columns.
type parquetFile struct {
	*parquet.File
	path         string
	image, label *parquet.Column
	fixed        bool // images must have the size of the first one, since none was asked for
}

// The columns that hold images and labels in published sets, when none is named: the first one that is there counts.
var labelColumns = []string{"label", "labels", "fine_label", "class", "target", "character", "y"}

// inParquet opens a file and passes it to use.
func inParquet(path string, use func(*parquetFile) error) (err error) {
	defer caught(path, &err)
	file, size, err := openFile(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := checkFooter(path, file, size); err != nil {
		return err
	}
	f, err := parquet.OpenFile(file, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return damaged(path, err)
	}
	for _, group := range f.Metadata().RowGroups {
		for _, column := range group.Columns {
			if n := column.MetaData.TotalUncompressedSize; n < 0 || n > maxChunk {
				return fmt.Errorf("datasets: %s has a column of %d bytes in a row group, unpacked: want %d at most", path, n,
					maxChunk)
			}
		}
	}
	return use(&parquetFile{File: f, path: path})
}

// checkFooter tests the ends of a file and the length of its footer before that is read.
func checkFooter(path string, file io.ReaderAt, bytes int64) error {
	var head [4]byte
	var tail [8]byte
	_, err := file.ReadAt(head[:], 0)
	if _, tailErr := file.ReadAt(tail[:], max(0, bytes-8)); err != nil || tailErr != nil || string(head[:]) != "PAR1" ||
		string(tail[4:]) != "PAR1" {
		return fmt.Errorf("datasets: %s does not begin and end with PAR1: it is no Parquet file, or cut short: "+
			"download it again", path)
	}
	if n := int64(binary.LittleEndian.Uint32(tail[:4])); n > maxParquetFooter || n > bytes-12 {
		return fmt.Errorf("datasets: %s claims a footer of %d bytes among %d: want %d at most: it is damaged", path, n, bytes,
			maxParquetFooter)
	}
	return nil
}

// find looks for the columns: images are the bytes of a group {bytes, path}, or a column of bytes alone.
func (f *parquetFile) find(label string) error {
	var there []string
	for _, column := range f.Root().Columns() {
		there = append(there, column.Name())
		inner := column
		if !column.Leaf() {
			inner = column.Column("bytes")
		}
		named := column.Name() == label || label == "" && slices.Contains(labelColumns, column.Name())
		if inner != nil && inner.Leaf() && inner.Type().Kind() == parquet.ByteArray && f.image == nil && !named &&
			(!column.Leaf() || strings.HasPrefix(column.Name(), "im")) {
			f.image = inner
		}
	}
	wanted := labelColumns
	if label != "" {
		wanted = []string{label}
	}
	for _, name := range wanted {
		if column := f.Root().Column(name); column != nil && column.Leaf() && f.label == nil {
			f.label = column
		}
	}
	switch {
	case f.image == nil:
		return fmt.Errorf("datasets: %s has the columns %s: want one of images, a group {bytes, path} or bytes named image",
			f.path, orNothing(there))
	case f.label == nil:
		return fmt.Errorf("datasets: %s has the columns %s: which one is learnt? Want --label COLUMN", f.path,
			orNothing(there))
	case f.image.MaxRepetitionLevel() > 0 || f.label.MaxRepetitionLevel() > 0:
		return fmt.Errorf("datasets: %s has lists in its columns: want one image and one label in each row", f.path)
	}
	return nil
}

// classNames are the names of the classes that the publisher's library leaves in the file; nil without them.
func (f *parquetFile) classNames() []string {
	text, _ := f.Lookup("huggingface")
	var about struct {
		Info struct {
			Features map[string]json.RawMessage `json:"features"`
		} `json:"info"`
	}
	var feature struct {
		Names []string `json:"names"`
	}
	if json.Unmarshal([]byte(text), &about) != nil ||
		json.Unmarshal(about.Info.Features[f.label.Name()], &feature) != nil {
		return nil
	}
	return feature.Names
}

// readLabels adds the labels of a file to a part.
func (f *parquetFile) readLabels(part *parquetPart) error {
	return f.eachValue(f.label, func(row int, v parquet.Value) error {
		where := fmt.Sprintf("row %d, column %s", row+1, f.label.Name())
		class := int64(0)
		if v.IsNull() {
			return fmt.Errorf("datasets: %s has no label in %s: want one for each image", f.path, where)
		}
		switch v.Kind() {
		case parquet.Boolean:
			if v.Boolean() {
				class = 1
			}
		case parquet.Int32:
			class = int64(v.Int32())
		case parquet.Int64:
			class = v.Int64()
		case parquet.ByteArray, parquet.FixedLenByteArray:
			part.words = append(part.words, string(v.ByteArray()))
		default:
			return fmt.Errorf("datasets: %s has %s in %s: want whole numbers or words", f.path, v.Kind(), where)
		}
		if class < math.MinInt32 || class > math.MaxInt32 {
			return fmt.Errorf("datasets: %s has the label %d in %s: want a number of 32 bits", f.path, class, where)
		}
		part.Labels = append(part.Labels, int32(class))
		if part.words != nil && len(part.words) != len(part.Labels) {
			return fmt.Errorf("datasets: %s has words and numbers as labels: want one of them", f.path)
		}
		return nil
	})
}

var errEnough = errors.New("enough")

// setSize takes height and width of the first image of all, and the largest number of channels that an image has. Other
// images that cannot be read are reported where they are read.
func (f *parquetFile) setSize(d *Data) error {
	const colours = 3
	err := f.eachValue(f.image, func(row int, v parquet.Value) error {
		if d.Channels == colours {
			return errEnough
		}
		s, err := pictureSize(bytes.NewReader(v.ByteArray()))
		switch {
		case err == nil && d.Height == 0:
			d.Height, d.Width, d.Channels = s.height, s.width, s.channels
		case err == nil:
			d.Channels = max(d.Channels, s.channels)
		case d.Height == 0:
			return fmt.Errorf("datasets: %s, image in row %d: %w: want PNG, JPEG or GIF", f.path, row+1, err)
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// eachImage passes the images of a file, the first of which has the given row in its part. Images of another size than
// that of the first one are brought to it only where a size was asked for.
func (f *parquetFile) eachImage(paper *canvas, first int, use func(row int, values []float64) error) error {
	return f.eachValue(f.image, func(row int, v parquet.Value) error {
		if f.fixed {
			s, err := pictureSize(bytes.NewReader(v.ByteArray()))
			if err == nil && (s.height != paper.size.height || s.width != paper.size.width) {
				return fmt.Errorf("datasets: %s has an image of %d×%d in row %d, and one of %d×%d first: say a size with "+
					"--image HxWxC", f.path, s.height, s.width, row+1, paper.size.height, paper.size.width)
			}
		}
		values, err := paper.paint(v.ByteArray())
		if err != nil {
			return fmt.Errorf("datasets: %s, image in row %d: %w: want PNG, JPEG or GIF", f.path, row+1, err)
		}
		return use(first+row, values)
	})
}

// eachValue passes the values of a column in their order, a page of the file at a time. A value is valid during
// the call.
func (f *parquetFile) eachValue(column *parquet.Column, use func(row int, v parquet.Value) error) error {
	pages := column.Pages()
	defer func() { _ = pages.Close() }() // of a file that was read
	buffer := make([]parquet.Value, 64)
	row := 0
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return damaged(f.path, err)
		}
		values := page.Values()
		for err == nil {
			var n int
			n, err = values.ReadValues(buffer)
			for _, v := range buffer[:n] {
				if useErr := use(row, v); useErr != nil {
					return useErr
				}
				row++
			}
		}
		parquet.Release(page)
		if !errors.Is(err, io.EOF) {
			return damaged(f.path, err)
		}
	}
}
