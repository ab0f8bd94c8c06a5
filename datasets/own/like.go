package own

import (
	"fmt"
	"slices"
)

// Like is what examples must be, to be predicted by a network that was trained on others.
type Like struct {
	// Height, Width and Channels are those to which images in files of their own are brought.
	Height, Width, Channels int
	// Columns are those of a table, with the categories that the network knows.
	Columns []Column
}

// OpenLike is Open for examples that are not trained on: one is enough, and one class, and categories need not all
// occur. Options are those of the data that was trained on; those that do not go with the source are left out.
func (s Source) OpenLike(dir string, o Options, like Like) (*Data, error) {
	o.like = &like
	pictures := s.Kind == "folder" || s.Kind == "parquet"
	switch {
	case !pictures:
		o.Image = ""
	case like.Columns == nil && (like.Channels == 1 || like.Channels == 3):
		o.Image = fmt.Sprintf("%dx%dx%d", like.Height, like.Width, like.Channels)
	}
	if s.Kind != "csv" {
		o.Task = ""
		if s.Kind != "parquet" {
			o.Label = ""
		}
	}
	return s.Open(dir, o)
}

// column decides what a column holds: beside a run what that of the run holds.
func (s *survey) column(i int, name string, at int) (Column, error) {
	c, like := s.columns[i], s.options.like
	if like == nil || at >= len(like.Columns) || like.Columns[at].Name != name {
		return c.column(s.path, name)
	}
	want := like.Columns[at]
	if want.Categories == nil {
		if odd := c.other[aText]; c.texts > 0 {
			return want, fmt.Errorf("datasets: %s has %q in line %d, column %s, which holds numbers in the data of the run: "+
				"want a number", s.path, odd.field, odd.line, name)
		}
		return want, nil
	}
	for word := range c.words {
		if !slices.Contains(want.Categories, word) {
			return want, fmt.Errorf("datasets: %s has %q in column %s, a category that the network was not trained on: it "+
				"knows %s: leave these examples out", s.path, word, name, orNothing(want.Categories))
		}
	}
	return want, nil
}
