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
	first   []string // the first record, which may be a header
	line    int      // its line
	columns []surveyed
	label   int  // index of the column that is learnt
	headed  bool // the first record names the columns; known at the beginning or at the end

	words   map[string]int32 // different labels, in the order in which they come
	labels  []int32          // of the examples but for the first record; one of labels and targets is empty
	targets []float64
}

// surveyed is what a first pass finds out about a column.
type surveyed struct {
	numbers, texts int
	firstText      string
	textLine       int
	words          map[string]bool // different fields; nil once there are too many
}

// newSurvey begins with the first record.
func newSurvey(path string, o Options, first []string, line int) (*survey, error) {
	s := &survey{path: path, options: o, first: slices.Clone(first), line: line, columns: make([]surveyed, len(first)),
		words: map[string]int32{}}
	for i := range s.columns {
		s.columns[i].words = map[string]bool{}
	}
	if n, err := strconv.Atoi(o.Label); err == nil {
		s.label = n - 1
	} else {
		s.label = slices.Index(s.first, o.Label)
		s.headed = s.label >= 0
	}
	switch {
	case len(first) < 2:
		return nil, fmt.Errorf("datasets: %s has 1 column: want two or more, separated by comma, semicolon or tab", path)
	case s.label < 0 || s.label >= len(first):
		return nil, fmt.Errorf("datasets: %s has no column %q: want one of %s, or a number from 1 to %d", path, o.Label,
			orNothing(s.first), len(first))
	}
	return s, nil
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
	x, ok := number(field)
	if !ok {
		return fmt.Errorf("datasets: %s has %q in line %d, column %d, which is learnt by --task %s: want a number", s.path,
			field, line, s.label+1, Regression)
	}
	s.targets = append(s.targets, x)
	return nil
}

func (c *surveyed) add(field string, line int) {
	if _, ok := number(field); ok {
		c.numbers++
	} else {
		if c.texts == 0 {
			c.firstText, c.textLine = strings.Clone(field), line
		}
		c.texts++
	}
	if c.words != nil {
		if !c.words[field] {
			c.words[strings.Clone(field)] = true
		}
		if len(c.words) > MaxCategories {
			c.words = nil
		}
	}
}

// header tells whether the first record names the columns: one of its fields is the label's name, or none is a number
// while some column holds nothing else below.
func (s *survey) header() bool {
	if s.headed {
		return true
	}
	numeric := false
	for i, field := range s.first {
		if _, ok := number(field); ok {
			return false
		}
		numeric = numeric || s.columns[i].numbers > 0 && s.columns[i].texts == 0
	}
	return numeric
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
		column, err := s.columns[i].column(s.path, name)
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

// column decides whether a column holds numbers or categories.
func (c *surveyed) column(path, name string) (Column, error) {
	const most = 0.9 // a column with more numbers than this is one of numbers with something wrong in it
	switch share := float64(c.numbers) / float64(max(1, c.numbers+c.texts)); {
	case c.texts == 0:
		return Column{Name: name}, nil
	case share > most:
		return Column{}, fmt.Errorf("datasets: %s has %q in line %d, column %s, among %d numbers: want a number there", path,
			c.firstText, c.textLine, name, c.numbers)
	case c.words == nil:
		return Column{}, fmt.Errorf("datasets: %s has more than %d different words in column %s, such as %q: "+
			"want %d at most, or the column removed", path, MaxCategories, name, c.firstText, MaxCategories)
	}
	categories, _ := named(c.words)
	return Column{Name: name, Categories: categories}, nil
}

// checkLabel refuses labels that are measurements and no classes.
func (s *survey) checkLabel(d *Data) error {
	c := s.columns[s.label]
	fraction := false
	for word := range s.words {
		fraction = fraction || strings.ContainsAny(word, ".eE")
	}
	if s.options.Task != Regression && c.texts == 0 && fraction && len(s.words) > 2 && 2*len(s.words) > len(s.labels) {
		return fmt.Errorf("datasets: %s has %d different numbers in %d lines of column %s: are they classes? "+
			"For a number that is measured say --task %s", s.path, len(s.words), len(s.labels), d.Label, Regression)
	}
	return nil
}

// classes are the labels in the order of their names, and the class of each example.
func (s *survey) classes() (classes []string, labels []int32) {
	words := map[string]bool{}
	for word := range s.words {
		words[word] = true
	}
	classes, of := named(words)
	class := make([]int32, len(s.words)) // by the order in which they come
	for word, at := range s.words {
		class[at] = of[word]
	}
	for i, at := range s.labels {
		s.labels[i] = class[at]
	}
	return classes, s.labels
}
