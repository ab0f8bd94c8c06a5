package own

import (
	"fmt"
	"strings"
)

// checkLabel refuses labels that are measurements and no classes: fractions most of which differ, and whole numbers
// most of which occur once.
func (s *survey) checkLabel(d *Data) error {
	c := s.columns[s.label]
	if s.options.Task == Regression || s.options.like != nil || c.texts > 0 || len(s.words) < 3 {
		return nil
	}
	fraction := false
	for word := range s.words {
		fraction = fraction || strings.ContainsAny(word, ".,eE")
	}
	times := make([]int, len(s.words))
	for _, label := range s.labels {
		times[label]++
	}
	once := 0
	for _, n := range times {
		if n == 1 {
			once++
		}
	}
	if fraction && 2*len(s.words) > len(s.labels) || 2*once > len(s.labels) {
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
