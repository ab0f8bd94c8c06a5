package advice

import (
	"fmt"
	"io"
)

// WriteText writes the sentences, one a line.
func (a *Advice) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%s, %s, %s at lr %g: %d short runs of %d steps (the training has %d), %d training and %d validation "+
		"examples, %.0f s\n\n", a.Data, a.Model, a.Base, a.LearningRate, a.Runs, a.Facts.Short, a.Facts.Steps, a.Training,
		a.Validation, a.Seconds)
	for _, s := range a.Sentences {
		text := s.Text
		switch {
		case !s.Known:
			text = "not known: " + text
		case s.Try.Known():
			text = fmt.Sprintf("try %v: %s", s.Try, text)
		}
		if _, err := fmt.Fprintf(w, "%-6s  %s\n", s.About, text); err != nil {
			return err
		}
	}
	return nil
}
