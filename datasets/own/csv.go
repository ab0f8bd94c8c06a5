package own

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// openCSV makes a first pass over the file, which finds out what the columns hold and reads the labels.
func openCSV(path string, o Options) (*Data, error) {
	s, err := surveyTable(path, o)
	if err != nil {
		return nil, err
	}
	data, channels, err := s.end()
	if err != nil {
		return nil, err
	}
	if data.Channels == 0 {
		return nil, fmt.Errorf("datasets: %s has no column beside the label %s: want some to learn it from", path, data.Label)
	}
	header := 0 // lines
	if s.headed {
		header = 1
	}
	part := &Part{Targets: s.targets, Where: func(row int) string { return fmt.Sprintf("example %d", row+1) }}
	if s.options.Task != Regression {
		data.Classes, part.Labels = s.classes()
	}
	part.each = func(use func(row int, values []float64) error) error {
		values := make([]float64, data.Channels)
		return eachRecord(path, header, func(row int, fields []string) error {
			if err := data.fill(values, fields, channels); err != nil {
				return fmt.Errorf("datasets: %s, example %d: %w: has the file changed?", path, row+1, err)
			}
			return use(row, values)
		})
	}
	data.Train, data.Files = part, []string{path}
	return data, nil
}

// surveyTable makes the first pass.
func surveyTable(path string, o Options) (*survey, error) {
	t, err := openTable(path)
	if err != nil {
		return nil, err
	}
	defer t.stream.close()
	first, line, err := t.next()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("datasets: %s is empty: want a line for each example", path)
	} else if err != nil {
		return nil, err
	}
	s, err := newSurvey(path, o, t.records.Comma, first, line)
	if err != nil {
		return nil, err
	}
	for {
		fields, line, err := t.next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err == nil {
			err = s.add(fields, line)
		}
		if err != nil {
			return nil, err
		}
	}
}

// eachRecord makes the second pass: it passes the records after those of the header.
func eachRecord(path string, header int, use func(row int, fields []string) error) error {
	t, err := openTable(path)
	if err != nil {
		return err
	}
	defer t.stream.close()
	for row := -header; ; row++ {
		fields, _, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && row >= 0 {
			err = use(row, fields)
		}
		if err != nil {
			return err
		}
	}
}

// fill writes the values of a record: a number for a column of numbers, and for a categorical one a 1 among zeros.
func (d *Data) fill(values []float64, fields []string, channels []int) error {
	clear(values)
	column := 0
	for i, field := range fields {
		if i >= len(channels) || channels[i] < 0 {
			continue
		}
		c := d.Columns[column]
		column++
		if c.Categories == nil {
			x, ok := eitherNumber(field) // commas were looked at in the first pass
			if !ok {
				return fmt.Errorf("%q in column %s, which held numbers", field, c.Name)
			}
			values[channels[i]] = x
			continue
		}
		at := slices.Index(c.Categories, field)
		if at < 0 {
			return fmt.Errorf("%q in column %s, which held other words", field, c.Name)
		}
		values[channels[i]+at] = 1
	}
	return nil
}
