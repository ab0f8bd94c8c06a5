package own

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/xsam-go/xsam/internal/regular"
)

func openFolder(path string, o Options) (*Data, error) {
	f, err := findPictures(path, o.like != nil)
	if err != nil {
		return nil, err
	}
	data := &Data{Bytes: true, Files: f.files(), Classes: f.classes, Label: "the folder of the image", Notes: f.notes}
	if f.ignored > 0 {
		data.Notes = append(data.Notes, fmt.Sprintf("files beside the images, which are not used: %d", f.ignored))
	}
	if err := data.setSize(path, o.Image); err != nil {
		return nil, err
	}
	data.Train = data.picturesPart(path, f.train)
	if len(f.validation) > 0 {
		data.Validation = data.picturesPart(path, f.validation)
	}
	if len(f.test) > 0 {
		data.Test = data.picturesPart(path, f.test)
	}
	return data, nil
}

// picturesPart is a part whose examples are files of their own.
func (d *Data) picturesPart(root string, all []picture) *Part {
	part := &Part{Where: func(row int) string { return relative(root, all[row].path) }}
	for _, p := range all {
		part.Labels = append(part.Labels, p.class)
	}
	// All files are tried, so that all that cannot be read are named.
	part.each = func(use func(row int, values []float64) error) error {
		paper := newCanvas(size{d.Height, d.Width, d.Channels})
		var bad []Unreadable
		for row, p := range all {
			contents, err := readPicture(p.path)
			var values []float64
			if err == nil {
				values, err = paper.paint(contents)
			}
			if err != nil {
				bad = append(bad, Unreadable{relative(root, p.path), err.Error()})
				continue
			}
			if err := use(row, values); err != nil {
				return err
			}
		}
		if len(bad) > 0 {
			return &UnreadableError{root, len(all), bad}
		}
		return nil
	}
	return part
}

// relative is a path as seen from a folder.
func relative(root, path string) string {
	if rel, err := filepath.Rel(root, path); err == nil {
		return rel
	}
	return path
}

// readPicture reads the file of a picture.
func readPicture(path string) ([]byte, error) {
	file, err := openPicture(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// openPicture opens the file of a picture, of a size that can be one.
func openPicture(path string) (*os.File, error) {
	file, size, err := regular.Open(path, MaxPicture)
	unfit, isUnfit := errors.AsType[*regular.UnfitError](err)
	switch {
	case isUnfit:
		return nil, errors.New("it " + unfit.Reason)
	case err != nil:
		return nil, errors.New("it cannot be opened")
	case size == 0:
		file.Close()
		return nil, errors.New("empty")
	}
	return file, nil
}
