package own

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/internal/regular"
)

// Regression is the task of learning a number; the other task, "", is to learn a class.
const Regression = "regression"

// Source names data: its kind and where it is.
type Source struct {
	Kind string // folder, npz, idx, csv or parquet
	Path string // a file or a folder
}

// Options say how data is to be understood.
type Options struct {
	Label string // the column that is learnt, by its name or its number from 1; of csv and parquet
	Task  string // "" for classes, or Regression; of csv
	Image string // "HxWxC", the size that images are brought to; "" for that of the files; of folder and parquet

	like *Like // nil where data is opened to train on
}

// kind is a kind of data.
type kind struct {
	name, place string                              // its form is name:place
	files       func(path string) ([]string, error) // that are read
	open        func(path string, o Options) (*Data, error)
}

// kinds lists them.
func kinds() []kind {
	return []kind{
		// A subfolder of PNG, JPEG or GIF for each class, or of train/, val/, test/.
		{"folder", "DIR", folderFiles, openFolder},
		// x_train, y_train, x_test, y_test, or x, y.
		{"npz", "FILE", single, openNPZ},
		// *-images-idx3-ubyte and *-labels-idx1-ubyte, .gz or not.
		{"idx", "DIR", idxPaths, openIDX},
		// A line for each example, and --label COLUMN.
		{"csv", "FILE", single, openCSV},
		// A column of images, a column of labels.
		{"parquet", "FILE", parquetPaths, openParquet},
	}
}

// Forms lists the names that Parse takes, for people: "folder:DIR, npz:FILE" and so on.
func Forms() string {
	var forms []string
	for _, k := range kinds() {
		forms = append(forms, k.name+":"+k.place)
	}
	return strings.Join(forms, ", ")
}

// Parse splits a name such as "csv:iris.csv". It reports false for a name that begins with no kind.
func Parse(name string) (Source, bool) {
	begin, path, found := strings.Cut(name, ":")
	if !found || !slices.ContainsFunc(kinds(), func(k kind) bool { return k.name == begin }) {
		return Source{}, false
	}
	return Source{begin, path}, true
}

// String is the name that Parse takes.
func (s Source) String() string { return s.Kind + ":" + s.Path }

// Title is a short name for people and for folders: that of the file without its extensions, or that of the folder.
func (s Source) Title() string {
	base := filepath.Base(s.Path)
	if s.Kind == "folder" || s.Kind == "idx" {
		return base
	}
	title, _, _ := strings.Cut(base, ".")
	if title == "" {
		return base
	}
	return title
}

// Tabular tells whether the source is known to be a table, which has columns in place of pixels.
func (s Source) Tabular() bool { return s.Kind == "csv" }

// Check reports options that do not go with the source, as far as it can be told without its files.
func (s Source) Check(o Options) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("datasets: "+format, args...)) }
	if s.Path == "" {
		bad("%s: names no file: want %sPATH", s, s.Kind+":")
	}
	labelled := s.Kind == "csv" || s.Kind == "parquet"
	switch {
	case s.Kind == "csv" && o.Label == "":
		bad("%s: which column is learnt? want --label COLUMN, its name or its number from 1", s)
	case !labelled && o.Label != "":
		bad("%s with --label %s: the labels of %s have no column: leave it out", s, o.Label, s.Kind)
	}
	switch {
	case o.Task != "" && o.Task != Regression:
		bad("--task %q: want %s, or nothing for classes", o.Task, Regression)
	case o.Task == Regression && s.Kind != "csv":
		bad("%s with --task %s: that is for csv alone; the others have classes", s, Regression)
	}
	if o.Image != "" {
		if _, err := parseSize(o.Image); err != nil {
			errs = append(errs, err)
		} else if s.Kind != "folder" && s.Kind != "parquet" {
			bad("%s with --image %s: the size is that of the file: leave it out", s, o.Image)
		}
	}
	return errors.Join(errs...)
}

// Open reads what there is under dir, save the examples themselves. A path that is absolute stands for itself.
func (s Source) Open(dir string, o Options) (data *Data, err error) {
	if err := s.Check(o); err != nil {
		return nil, err
	}
	path := s.under(dir)
	defer caught(path, &err)
	data, err = s.kind().open(path, o)
	if err != nil {
		return nil, err
	}
	return data, data.check(path, o.like == nil)
}

// under is the path of the source under dir.
func (s Source) under(dir string) string {
	if filepath.IsAbs(s.Path) {
		return filepath.Clean(s.Path)
	}
	return filepath.Join(dir, s.Path)
}

func (s Source) kind() kind {
	all := kinds()
	return all[slices.IndexFunc(all, func(k kind) bool { return k.name == s.Kind })]
}

// single is the list of one file that has to be there.
func single(path string) ([]string, error) {
	file, _, err := openFile(path)
	if err != nil {
		return nil, err
	}
	file.Close()
	return []string{path}, nil
}

// openFile opens a file that has to be there, and returns its size.
func openFile(path string) (*os.File, int64, error) {
	file, size, err := regular.Open(path, math.MaxInt64)
	_, unfit := errors.AsType[*regular.UnfitError](err)
	switch {
	case errors.Is(err, os.ErrNotExist):
		err = fmt.Errorf("datasets: %s does not exist: want a file: see the path after --data, or --data-dir", path)
	case unfit:
		err = fmt.Errorf("datasets: %s is no regular file: want one; for a folder there are folder:DIR and idx:DIR", path)
	case err != nil:
		err = fmt.Errorf("datasets: %w", err)
	case size == 0:
		file.Close()
		err = fmt.Errorf("datasets: %s is empty: want data in it", path)
	}
	return file, size, err
}

// caught turns a panic of a decoder into an error: they are libraries, and files may be broken in any way.
func caught(path string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("datasets: %s is damaged: its decoder gave up (%s): make or download it again", path, oneLine(p))
	}
}

// oneLine is the first line of what was said.
func oneLine(said any) string {
	line, _, _ := strings.Cut(fmt.Sprint(said), "\n")
	return line
}
