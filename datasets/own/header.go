package own

import (
	"fmt"
	"slices"
	"strconv"
)

// findLabel finds the column that is learnt. A name wins over a number where the first line is sure to hold names,
// and where there are not so many columns.
func (s *survey) findLabel() error {
	s.headed = counted(s.first)
	name := slices.Index(s.first, s.options.Label)
	number, err := strconv.Atoi(s.options.Label)
	there := err == nil && number >= 1 && number <= len(s.first)
	switch {
	case len(s.first) < 2:
		return fmt.Errorf("datasets: %s has 1 column: want two or more, separated by comma, semicolon or tab", s.path)
	case name >= 0 && (s.headed || !there):
		s.label, s.headed = name, true
	case there:
		s.label = number - 1
	default:
		return fmt.Errorf("datasets: %s has no column %q: want one of %s, or a number from 1 to %d", s.path,
			s.options.Label, orNothing(s.first), len(s.first))
	}
	return nil
}

// counted tells whether a first line counts the columns from 0 or 1, as pandas does where they have no names. Two
// numbers alone may as well be an example. A first field that is empty stands over the row numbers.
func counted(first []string) bool {
	if first[0] == "" {
		first = first[1:]
	}
	if len(first) < 3 || first[0] != "0" && first[0] != "1" {
		return false
	}
	begin, _ := strconv.Atoi(first[0])
	for i, field := range first {
		if field != strconv.Itoa(begin+i) {
			return false
		}
	}
	return true
}

// header tells whether the first record names the columns: one of its fields is the label's name, it counts the
// columns, or none is a number while some column holds nothing else below. Beside a run it must have the names of its
// columns.
func (s *survey) header() bool {
	if s.headed {
		return true
	}
	if like := s.options.like; like != nil {
		for _, c := range like.Columns {
			if !slices.Contains(s.first, c.Name) {
				return false
			}
		}
		return true
	}
	numeric := false
	for i, field := range s.first {
		if isNumber(field) {
			return false
		}
		numeric = numeric || s.columns[i].numeric()
	}
	return numeric
}

// checkHeader refuses a second column with the name of the label: it may hold what is learnt.
func (s *survey) checkHeader() error {
	for i, name := range s.first {
		if i != s.label && name == s.first[s.label] {
			return fmt.Errorf("datasets: %s has two columns called %s, %d and %d: the one would be learnt from the "+
				"other: remove or rename one", s.path, name, min(i, s.label)+1, max(i, s.label)+1)
		}
	}
	return nil
}

// checkFirst refuses a first line that looks like names though it was read as an example: its label occurs nowhere
// else.
func (s *survey) checkFirst() error {
	if s.options.Task == Regression || s.options.like != nil {
		return nil
	}
	times := 0
	for _, label := range s.labels {
		if label == s.labels[0] {
			times++
		}
	}
	if times > 1 || len(s.words) == len(s.labels) && slices.ContainsFunc(s.first, isNumber) {
		return nil
	}
	name := s.first[s.label]
	return fmt.Errorf("datasets: %s has the label %q in line %d alone: is it the name of the column? If so say "+
		"--label %q; else add examples of it or remove the line", s.path, name, s.line, name)
}
