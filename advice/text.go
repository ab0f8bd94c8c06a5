package advice

import (
	"fmt"
	"io"
)

// WriteText writes the sentences, one a line.
func (a *Advice) WriteText(w io.Writer) error {
	for _, s := range a.Sentences {
		text := s.Text
		if !s.Known {
			text = "not known: " + text
		}
		if s.Known && s.Try.Known() {
			text = fmt.Sprintf("try %v: %s", s.Try, text)
		}
		if _, err := fmt.Fprintf(w, "%-6s  %s\n", s.About, text); err != nil {
			return err
		}
	}
	return nil
}
