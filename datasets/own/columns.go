package own

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// survey is what a first pass over a table finds out.
type survey struct {
	path    string
	options Options
	comma   rune     // between the fields
	first   []string // the first record, which may be a header
	line    int      // its line
	columns []surveyed
	label   int  // index of the column that is learnt
	headed  bool // the first record names the columns; known at the beginning or at the end

	words   map[string]int32 // different labels, in the order in which they come
	labels  []int32          // of the examples but for the first record; one of labels and targets is empty
	targets []float64
}

// newSurvey begins with the first record.
func newSurvey(path string, o Options, comma rune, first []string, line int) (*survey, error) {
	s := &survey{path: path, options: o, comma: comma, first: slices.Clone(first), line: line,
		columns: make([]surveyed, len(first)), words: map[string]int32{}}
	for i := range s.columns {
		s.columns[i].words = map[string]bool{}
	}
	return s, s.findLabel()
}

// add takes in a record.
func (s *survey) add(fields []string, line int) error {
	for i, field := range fields {
		if missing(field) && !s.unnamed(i) {
			return fmt.Errorf("datasets: %s has no value in line %d, column %d (%s): %q: fill it in or remove the line",
				s.path, line, i+1, s.first[i], field)
		}
		if i != s.label {
			s.columns[i].add(field, line)
		}
	}
	return s.addLabel(fields[s.label], line)
}

// unnamed tells whether a column has a first field that is empty: pandas writes the numbers of the rows so.
func (s *survey) unnamed(i int) bool { return s.first[i] == "" && i != s.label }

func (s *survey) addLabel(field string, line int) error {
	s.columns[s.label].add(field, line)
	if s.options.Task != Regression {
		word, known := s.words[field]
		if !known {
			word = int32(len(s.words))
			s.words[strings.Clone(field)] = word
		}
		if len(s.words) > MaxClasses {
			return tooManyClasses(s.path, len(s.words))
		}
		s.labels = append(s.labels, word)
		return nil
	}
	x, ok := eitherNumber(field) // whether a comma may be is decided at the end
	if !ok {
		return fmt.Errorf("datasets: %s has %q in line %d, column %d, which is learnt by --task %s: want a number", s.path,
			field, line, s.label+1, Regression)
	}
	s.targets = append(s.targets, x)
	return nil
}

// end decides what the columns are. Without a header the first record is an example too.
// channels are where the channels of each column begin, −1 for a column that is left out.
func (s *survey) end() (d *Data, channels []int, err error) {
	if s.headed = s.header(); !s.headed {
		labels, targets := s.labels, s.targets
		s.labels, s.targets = nil, nil
		if err := s.add(s.first, s.line); err != nil {
			return nil, nil, err
		}
		s.labels, s.targets = append(s.labels, labels...), append(s.targets, targets...)
		if err := s.checkFirst(); err != nil {
			return nil, nil, err
		}
	} else if err := s.checkHeader(); err != nil {
		return nil, nil, err
	}
	if err := s.checkDecimals(); err != nil {
		return nil, nil, err
	}
	d = &Data{Height: 1, Width: 1}
	channels = make([]int, len(s.first))
	for i, name := range s.first {
		channels[i] = -1
		switch {
		case i == s.label:
			continue
		case !s.headed:
			name = strconv.Itoa(i + 1)
		case name == "":
			d.Notes = append(d.Notes, fmt.Sprintf("column %d has no name and is left out", i+1))
			continue
		}
		column, err := s.column(i, name, len(d.Columns))
		if err != nil {
			return nil, nil, err
		}
		channels[i] = d.Channels
		d.Channels += max(1, len(column.Categories))
		d.Columns = append(d.Columns, column)
	}
	d.Label = strconv.Itoa(s.label + 1)
	if s.headed {
		d.Label = s.first[s.label]
		d.Notes = append(d.Notes, "the first line names the columns")
	} else {
		d.Notes = append(d.Notes, "no line names the columns: they are numbered from 1")
	}
	return d, channels, s.checkLabel(d)
}
