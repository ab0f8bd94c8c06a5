// Package progress shows how long work goes on: a bar on a terminal, else a line every few seconds.
package progress

import (
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/xsam-go/xsam/internal/cli/internal/show"
)

// linesEvery is the time between two lines of progress where there is no terminal.
const linesEvery = 5 * time.Second

// throttle is the time between two drawings of a bar.
const throttle = 100 * time.Millisecond

// Bar shows how work goes on.
type Bar struct {
	w        io.Writer
	quiet    bool
	terminal bool
	columns  func() int // of the terminal now
	bar      *progressbar.ProgressBar
	part     int // of the work, the one that the bar is for
	last     time.Time
}

// New returns a bar on w, which shows nothing when it is quiet.
func New(w io.Writer, quiet bool) *Bar {
	return &Bar{w: w, quiet: quiet, terminal: IsTerminal(w), columns: func() int { return columnsOf(w) }}
}

// The columns of a terminal that does not say how many it has, and of what stands beside the text: the bar with its
// share, its frame, and the blanks behind it.
const (
	usualColumns = 80
	barWidth     = 10
	barColumns   = barWidth + len(" 100% ||   ")
)

// columnsOf is the width of a terminal, which may change.
func columnsOf(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return usualColumns
}

// room is the number of columns that a text may take: beside the bar on a terminal, all elsewhere.
func (b *Bar) room() int {
	if !b.terminal {
		return math.MaxInt
	}
	return max(1, b.columns()-1-barColumns)
}

// IsTerminal tells whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Show shows that so much is done of all, as a bar or now and then as a line. Each part of the work gets a bar of its
// own; 0 for all leaves the end of the bar where it is.
func (b *Bar) Show(part, done, all int, text string) {
	switch {
	case b.quiet:
	case b.terminal:
		b.draw(part, done, all, text)
	case time.Since(b.last) >= linesEvery:
		b.last = time.Now()
		fmt.Fprintln(b.w, text)
	}
}

// Print leaves a line that stays, in place of the bar.
func (b *Bar) Print(text string) {
	if !b.quiet {
		b.Clear()
		fmt.Fprintln(b.w, text)
	}
}

// draw brings the bar of a part up to date.
func (b *Bar) draw(part, done, all int, text string) {
	if b.bar == nil || b.part != part {
		b.Clear()
		b.part = part
		b.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(b.w), progressbar.OptionSetWidth(barWidth),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionThrottle(throttle), progressbar.OptionClearOnFinish(),
			progressbar.OptionUseANSICodes(true)) // blanks over the old line are too many where the terminal has shrunk
	}
	if all > 0 {
		b.bar.ChangeMax(all)
	}
	b.bar.Describe(ansi.Truncate(text, b.room(), "…"))
	if err := b.bar.Set(done); err != nil {
		b.bar = nil
	}
}

// Clear takes the bar off the terminal, so that a line can be printed.
func (b *Bar) Clear() {
	if b.bar != nil {
		_ = b.bar.Clear() // an error to draw on a terminal is no reason to stop
		b.bar = nil
	}
}

// Warn prints a warning, even where the bar is quiet.
func (b *Bar) Warn(text string) {
	b.Clear()
	show.Warnings(b.w, text)
}
