package advice

import (
	"fmt"

	"github.com/xsam-go/xsam/runlog"
)

// Advice is what is said of a training, with what it rests on. It is the content of advice.json.
type Advice struct {
	Data         string  `json:"data"`
	Model        string  `json:"model"`
	Base         string  `json:"base"`
	LearningRate float64 `json:"lr"` // of the recipe
	Runs         int     `json:"runs"`
	Training     int     `json:"training_examples"` // of a short run
	Validation   int     `json:"validation_examples"`
	Seconds      float64 `json:"seconds"` // that the short runs took

	Sentences []Sentence `json:"sentences"`
	Facts     Facts      `json:"facts"`
}

// Sentence is one thing that is said.
type Sentence struct {
	// About is "edge", "lr", "noise", "rho", "alpha" or "cost".
	About string `json:"about"`
	// Known is false where the numbers do not decide; Text says why.
	Known bool   `json:"known"`
	Text  string `json:"text"`
	// Try is the value to try, of "lr", "rho" and "alpha"; missing where it is not known.
	Try runlog.Number `json:"try,omitzero"`
}

func (s Sentence) known(format string, args ...any) Sentence {
	s.Known, s.Text = true, fmt.Sprintf(format, args...)
	return s
}

func (s Sentence) unknown(format string, args ...any) Sentence {
	s.Text = fmt.Sprintf(format, args...)
	return s
}

func (s Sentence) try(x float64) Sentence {
	s.Try = runlog.Num(x)
	return s
}

// About is the sentence about a subject.
func (a *Advice) About(subject string) Sentence {
	for _, s := range a.Sentences {
		if s.About == subject {
			return s
		}
	}
	return Sentence{About: subject, Text: "nothing was looked at"}
}

// Value is the value to try for a flag, "lr", "rho" or "alpha", and where it comes from, in words; 0 where it is not
// known.
func (a *Advice) Value(flag string) (value float64, why string) {
	s := a.About(flag)
	if s.Known && s.Try.Known() {
		return s.Try.Float(), fmt.Sprintf("%g, by short runs: %s", s.Try.Float(), s.Text)
	}
	return 0, "the default, for it is not known: " + s.Text
}
