package own

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// number reads a number as CSV files have them, also with the sign − of typesetters.
func number(field string) (float64, bool) {
	x, err := strconv.ParseFloat(strings.Replace(field, "−", "-", 1), 64)
	return x, err == nil
}

// commaNumber reads a number with a comma in the place of the point.
func commaNumber(field string) (float64, bool) {
	if strings.Count(field, ",") != 1 || strings.Contains(field, ".") {
		return 0, false
	}
	return number(strings.Replace(field, ",", ".", 1))
}

// eitherNumber reads a number with a point or with a comma.
func eitherNumber(field string) (float64, bool) {
	if x, ok := number(field); ok {
		return x, true
	}
	return commaNumber(field)
}

func isNumber(field string) bool {
	_, ok := eitherNumber(field)
	return ok
}

// thousands is a number whose comma may stand between thousands: 1,234.
var thousands = regexp.MustCompile(`^[-+−]?[1-9]\d{0,2},\d{3}$`)

// dress is what people put around the digits of a number.
var dress = strings.NewReplacer("$", "", "€", "", "£", "", "¥", "", "%", "", "‰", "", ",", "", "'", "", "’", "",
	" ", "", "\u00a0", "", "\u202f", "")

// dressed tells whether a field is a number to people, such as 12%, $5 or 1,234.5.
func dressed(field string) bool {
	plain := dress.Replace(field)
	_, ok := number(plain)
	return ok && plain != field && strings.ContainsAny(plain, "0123456789")
}

// blanks are words that often stand for a value that is not known. Among words they may be a category.
var blanks = []string{"-", "--", "—", "–", ".", "*", "none", "nil", "missing", "unknown", "unk", "n.a.", "n.d.", "nd",
	"#n/a", "#value!", "<na>", "not available"}

// surveyed is what a first pass finds out about a column.
type surveyed struct {
	numbers, commas, texts int             // fields: numbers, numbers with a comma, and all else
	other                  [3]sample       // the first field that is text, that has a comma, that is dressed
	dressed                int             // texts that are numbers to people
	pointed, certain       bool            // some number has a point; some comma cannot stand between thousands
	different              []string        // the first three different texts
	words                  map[string]bool // different fields; nil once there are too many
}

// sample is a field and its line.
type sample struct {
	field string
	line  int
}

// The places in surveyed.other.
const (
	aText = iota
	aComma
	aDressed
)

func (c *surveyed) add(field string, line int) {
	first := func(which int) {
		if c.other[which].line == 0 {
			c.other[which] = sample{strings.Clone(field), line}
		}
	}
	if _, ok := number(field); ok {
		c.numbers++
		c.pointed = c.pointed || strings.Contains(field, ".")
	} else if _, ok := commaNumber(field); ok {
		c.commas++
		c.certain = c.certain || !thousands.MatchString(field)
		first(aComma)
	} else {
		c.texts++
		first(aText)
		if dressed(field) {
			c.dressed++
			first(aDressed)
		}
		if len(c.different) < 3 && !slices.Contains(c.different, field) {
			c.different = append(c.different, strings.Clone(field))
		}
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

// numeric tells whether a column holds numbers alone.
func (c *surveyed) numeric() bool { return c.numbers+c.commas > 0 && c.texts == 0 }

// column decides whether a column holds numbers or categories.
func (c *surveyed) column(path, name string) (Column, error) {
	const most = 0.9 // a column with more numbers than this is one of numbers with something wrong in it
	numbers := c.numbers + c.commas
	switch share := float64(numbers) / float64(max(1, numbers+c.texts)); {
	case c.texts == 0:
		return Column{Name: name}, nil
	case c.dressed > 0 && 2*(numbers+c.dressed) > numbers+c.texts:
		odd := c.other[aDressed]
		return Column{}, fmt.Errorf("datasets: %s has %q in line %d, column %s: it would be a word: want plain numbers, "+
			"such as 1234.5, or words without digits", path, odd.field, odd.line, name)
	case share > most:
		odd := c.other[aText]
		return Column{}, fmt.Errorf("datasets: %s has %q in line %d, column %s, among %d numbers: want a number there",
			path, odd.field, odd.line, name, numbers)
	case c.gaps():
		odd := c.other[aText]
		return Column{}, fmt.Errorf("datasets: %s has %q in line %d, column %s, among %d numbers: a missing value? "+
			"Want a number there, or the line or column removed", path, odd.field, odd.line, name, numbers)
	case c.words == nil:
		return Column{}, fmt.Errorf("datasets: %s has more than %d different words in column %s, such as %q: "+
			"want %d at most, or the column removed", path, MaxCategories, name, c.other[aText].field, MaxCategories)
	}
	categories, _ := named(c.words)
	return Column{Name: name, Categories: categories}, nil
}

// gaps tells whether a column is one of numbers with one or two words for those that are missing. Up to ten different
// numbers beside a word may be categories, such as 2, 3, 4, 5more.
func (c *surveyed) gaps() bool {
	if len(c.different) > 2 {
		return false
	}
	values := MaxCategories // different numbers, or more
	if c.words != nil {
		values = len(c.words) - len(c.different)
	}
	blank := slices.ContainsFunc(c.different, func(word string) bool {
		return slices.Contains(blanks, strings.ToLower(word))
	})
	return values > 10 || blank && values > 2
}

// checkDecimals refuses commas in numbers, unless the file leaves no doubt that they are decimal.
func (s *survey) checkDecimals() error {
	var pointed, certain bool
	var comma sample
	for i, c := range s.columns {
		if i == s.label && s.options.Task != Regression || s.unnamed(i) || !c.numeric() {
			continue
		}
		pointed, certain = pointed || c.pointed, certain || c.certain
		if c.commas > 0 && comma.line == 0 {
			comma = c.other[aComma]
		}
	}
	problem := ""
	switch {
	case comma.line == 0:
		return nil
	case s.comma == ',':
		problem = "in a file that commas separate"
	case pointed:
		problem = "and numbers with points elsewhere"
	case !certain:
		problem = "which may be thousands or a fraction"
	default:
		return nil
	}
	return fmt.Errorf("datasets: %s has the number %q in line %d, %s: want decimal points, and nothing between "+
		"thousands", s.path, comma.field, comma.line, problem)
}
