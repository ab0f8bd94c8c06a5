package advice

import (
	"fmt"
	"io"
)

// WriteText writes the sentences, one a line, and the flags that follow from them.
func (a *Advice) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%s, %s, %s at lr %g: %d short runs of %d steps (the training has %d), %d training and %d validation "+
		"examples, %.0f s\n\n", a.Data, a.Model, a.Base, a.LearningRate, a.Runs, a.Facts.Short, a.Facts.Steps, a.Training,
		a.Validation, a.Seconds)
	flags := ""
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
		if s.Known && (s.About == "lr" && s.Try.Float() != a.LearningRate || s.About == "rho") {
			flags += fmt.Sprintf(" --%s %v", s.About, s.Try)
		}
	}
	if flags == "" {
		flags = " none: what is usual"
	}
	_, err := fmt.Fprintf(w, "\nflags to try:%s\n", flags)
	return err
}
