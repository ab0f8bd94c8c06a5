package datasets

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// The digits of scikit-learn: 8×8 pixels from 0 to 16 by row, and the label, as whole numbers in one line of CSV each.
const (
	digitsSide = 8
	digitsMax  = 16
	digitsTest = 797 // of 1,797: the split of docs/studies/digits.md
)

var digitsFolders = []string{"digits"}

// digitsFile returns the file of the digits, "" if there is none.
func digitsFile(dir string) string {
	for _, folder := range folders(dir, digitsFolders) {
		if found := findFiles(folder, "digits.csv"); len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// readDigits reads the digits, which are stored in one piece.
func readDigits(o Options) (pool, test images, err error) {
	path := digitsFile(o.Dir)
	if path == "" {
		return pool, test, missing("digits", o.Dir, folders(o.Dir, digitsFolders), "digits.csv[.gz]")
	}
	contents, err := readFile(path)
	if err != nil {
		return pool, test, err
	}
	pool, err = parseDigits(path, contents)
	return pool, test, err
}

// parseDigits reads the lines of the file.
func parseDigits(path string, contents []byte) (images, error) {
	im := images{height: digitsSide, width: digitsSide, channels: 1, max: digitsMax, files: []string{path}}
	lines := csv.NewReader(bytes.NewReader(contents))
	lines.FieldsPerRecord = im.size() + 1
	lines.ReuseRecord = true
	for {
		fields, err := lines.Read()
		switch {
		case errors.Is(err, io.EOF) && im.len() == 0:
			return im, fmt.Errorf("datasets: %s is empty, want %d whole numbers a line: %s", path, im.size()+1, again)
		case errors.Is(err, io.EOF):
			return im, nil
		case err != nil:
			return im, fmt.Errorf("datasets: %s has %d numbers in a line (%w), want %d pixels and a label: %s", path,
				len(fields), err, im.size(), again)
		}
		for column, field := range fields {
			limit, what := digitsMax, "a pixel"
			if column == im.size() {
				limit, what = 9, "a label"
			}
			x, err := strconv.Atoi(field)
			if err != nil || x < 0 || x > limit {
				line, _ := lines.FieldPos(column)
				return im, fmt.Errorf("datasets: %s has %q in line %d, column %d, want %s from 0 to %d: %s", path, field, line,
					column+1, what, limit, again)
			}
			if column == im.size() {
				im.labels = append(im.labels, uint8(x))
			} else {
				im.pixels = append(im.pixels, uint8(x))
			}
		}
	}
}
