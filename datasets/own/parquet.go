package own

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parquetName is a name of a file in a folder of a data set as it is published: "train-00000-of-00002.parquet".
var parquetName = regexp.MustCompile(`(?i)^(train|validation|valid|val|dev|eval|test)(_.*|\b.*)\.parquet$`)

// parquetSet is the files of each part, in their order.
type parquetSet struct {
	train, validation, test []string
	others                  []string // names of Parquet files that are no part
}

func parquetPaths(path string) ([]string, error) {
	set, err := findParquet(path)
	return slices.Concat(set.train, set.validation, set.test), err
}

// findParquet takes a file as it is, and looks for the files of each part in a folder.
func findParquet(path string) (set parquetSet, err error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		set.train, err = single(path)
		return set, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return set, fmt.Errorf("datasets: %w", err)
	}
	for _, e := range entries {
		m := parquetName.FindStringSubmatch(e.Name())
		if m == nil {
			if strings.EqualFold(filepath.Ext(e.Name()), ".parquet") {
				set.others = append(set.others, e.Name())
			}
			continue
		}
		to := &set.validation
		switch strings.ToLower(m[1]) {
		case "train":
			to = &set.train
		case "test":
			to = &set.test
		}
		*to = append(*to, filepath.Join(path, e.Name()))
	}
	if set.train == nil {
		return set, fmt.Errorf("datasets: %s holds no train*.parquet: want a file, or a folder with train*, and perhaps "+
			"validation* and test*", path)
	}
	if set.test == nil {
		set.validation, set.test = nil, set.validation // published sets without labels for their test
	}
	return set, nil
}

func openParquet(path string, o Options) (*Data, error) {
	set, err := findParquet(path)
	if err != nil {
		return nil, err
	}
	data := &Data{Bytes: true, Files: slices.Concat(set.train, set.validation, set.test)}
	if len(set.others) > 0 {
		data.Notes = append(data.Notes, "files that are no part and not used: "+orNothing(set.others))
	}
	if o.Image != "" {
		s, err := parseSize(o.Image)
		if err != nil {
			return nil, err
		}
		data.Height, data.Width, data.Channels = s.height, s.width, s.channels
	}
	var parts []*parquetPart
	for _, p := range []struct {
		files []string
		to    **Part
	}{{set.train, &data.Train}, {set.validation, &data.Validation}, {set.test, &data.Test}} {
		if p.files == nil {
			continue
		}
		part, err := newParquetPart(p.files, o, data)
		if err != nil {
			return nil, err
		}
		*p.to, parts = &part.Part, append(parts, part)
	}
	return data, data.nameParquet(path, o, parts)
}

// nameParquet turns the labels of the parts into classes: words by their letters, numbers by their size, with the names
// that the file has for them.
func (d *Data) nameParquet(path string, o Options, parts []*parquetPart) (err error) {
	first := parts[0]
	d.Label = first.label
	if first.words == nil {
		name := func(label int32) string {
			if i := int(label); i >= 0 && i < len(first.names) {
				return first.names[i]
			}
			return strconv.Itoa(int(label))
		}
		d.Classes, err = numbered(path, o, name, d.Train, d.Validation, d.Test)
		return err
	}
	seen := map[string]bool{}
	for i, part := range parts {
		if i > 0 && o.like == nil {
			break
		}
		for _, word := range part.words {
			seen[word] = true
			if len(seen) > MaxClasses {
				return tooManyClasses(path, len(seen))
			}
		}
	}
	classes, of := named(seen)
	d.Classes = classes
	for _, part := range parts {
		part.Labels = nil
		for row, word := range part.words {
			class, ok := of[word]
			if !ok {
				return unknownClass(path, word, part.Where(row))
			}
			part.Labels = append(part.Labels, class)
		}
	}
	return nil
}

// parquetPart is a part with its labels as they are stored.
type parquetPart struct {
	Part
	label string   // the column
	names []string // of the classes, where the file says them
	words []string // labels that are words; nil where they are numbers
}

// newParquetPart reads the labels of some files, and the size of the images where none was asked for.
func newParquetPart(files []string, o Options, d *Data) (*parquetPart, error) {
	part := &parquetPart{}
	part.Where = func(row int) string { return fmt.Sprintf("image %d of %s", row+1, filepath.Base(files[0])) }
	for _, path := range files {
		err := inParquet(path, func(f *parquetFile) error {
			if err := f.find(o.Label); err != nil {
				return err
			}
			part.label = f.label.Name()
			if part.names == nil {
				part.names = f.classNames()
			}
			before := len(part.Labels)
			if err := f.readLabels(part); err != nil {
				return err
			}
			if n := len(part.Labels) - before; int64(n) != f.NumRows() {
				return fmt.Errorf("datasets: %s holds %d labels in %d rows: it is damaged: download it again", path, n,
					f.NumRows())
			}
			if o.Image != "" {
				return nil
			}
			return f.setSize(d)
		})
		if err != nil {
			return nil, err
		}
	}
	part.each = func(use func(row int, values []float64) error) error {
		paper, first := newCanvas(size{d.Height, d.Width, d.Channels}), 0
		for _, path := range files {
			err := inParquet(path, func(f *parquetFile) error {
				if err := f.find(o.Label); err != nil {
					return err
				}
				f.fixed = o.Image == ""
				defer func() { first += int(f.NumRows()) }()
				return f.eachImage(paper, first, use)
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	return part, nil
}
