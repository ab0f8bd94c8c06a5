package cli

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/measure"
)

// linesEvery is the time between two lines of progress where there is no terminal.
const linesEvery = 5 * time.Second

// progress shows how runs go on: a bar a run on a terminal, else a line every few seconds.
type progress struct {
	w        io.Writer
	quiet    bool
	terminal bool
	bar      *progressbar.ProgressBar
	run      int // the one that the bar is for
	last     time.Time
}

func newProgress(w io.Writer, quiet bool) *progress {
	return &progress{w: w, quiet: quiet, terminal: isTerminal(w)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// show takes an experiment's progress.
func (p *progress) show(e experiment.Progress) {
	switch {
	case p.quiet:
	case e.Stage == experiment.Finished || e.Stage == experiment.Skipped:
		p.clear()
		fmt.Fprintln(p.w, finished(e))
	case e.Steps > 0:
		p.line(e.Run, e.Step, e.Steps+1, status(e)) // the last one is the measuring at the end
	default:
		p.line(e.Run, e.Step, 0, status(e))
	}
}

// measured takes the progress of measurements of curvature: one bar for all.
func (p *progress) measured(e measure.Progress) {
	const parts = 1000
	if !p.quiet {
		p.line(1, int(parts*e.Share), parts, measuring(e))
	}
}

// line shows what is going on, as a bar or now and then as a line.
func (p *progress) line(run, done, all int, text string) {
	switch {
	case p.terminal:
		p.draw(run, done, all, text)
	case time.Since(p.last) >= linesEvery:
		p.last = time.Now()
		fmt.Fprintln(p.w, text)
	}
}

// draw brings the bar of a run up to date; 0 for all leaves its end where it is.
func (p *progress) draw(run, done, all int, text string) {
	if p.bar == nil || p.run != run {
		p.clear()
		p.run = run
		p.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(p.w), progressbar.OptionSetWidth(12),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	if all > 0 {
		p.bar.ChangeMax(all)
	}
	p.bar.Describe(text)
	if err := p.bar.Set(done); err != nil {
		p.bar = nil
	}
}

// clear takes the bar off the terminal, so that a line can be printed.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear() // an error to draw on a terminal is no reason to stop a run
		p.bar = nil
	}
}

// status is one line about what a run is doing.
func status(e experiment.Progress) string {
	parts := []string{fmt.Sprintf("[%d/%d] %s", e.Run, e.Runs, e.Name)}
	switch e.Stage {
	case experiment.Preparing:
		parts = append(parts, "preparing")
	case experiment.Measuring:
		parts = append(parts, "measuring λmax")
	default:
		parts = append(parts, fmt.Sprintf("epoch %.1f/%d", e.Epoch, e.Epochs), "loss "+number(e.Loss, 3))
		if !math.IsNaN(e.TestAccuracy) {
			parts = append(parts, "acc "+number(100*e.TestAccuracy, 1)+" %")
		}
		if !math.IsNaN(e.Lambda) {
			parts = append(parts, "λ "+number(e.Lambda, 2))
		}
		if !math.IsNaN(e.AngleDeg) {
			parts = append(parts, "angle "+number(e.AngleDeg, 0)+"°")
		}
	}
	if e.Remaining >= 0 {
		parts = append(parts, duration(e.Remaining)+" left")
	}
	return strings.Join(parts, "  ")
}

// measuring is one line about a measurement of curvature.
func measuring(e measure.Progress) string {
	line := fmt.Sprintf("[%d/%d] %s  %s  %d products", e.Number, e.Count, e.Weights, e.Measure, e.Products)
	if e.Remaining >= 0 {
		line += "  " + duration(e.Remaining) + " left"
	}
	return line
}

// finished is one line about what came out of a run.
func finished(e experiment.Progress) string {
	if e.Stage == experiment.Skipped {
		return fmt.Sprintf("[%d/%d] %s  was finished before", e.Run, e.Runs, e.Name)
	}
	set := "test"
	if e.Validating {
		set = "validation"
	}
	line := fmt.Sprintf("[%d/%d] %s", e.Run, e.Runs, e.Name)
	if !math.IsNaN(e.TestAccuracy) { // a regression has none
		line += fmt.Sprintf("  %s accuracy %s %%", set, number(100*e.TestAccuracy, 2))
	}
	line += "  λmax " + number(e.Lambda, 2)
	if e.Remaining > 0 {
		line += "  " + duration(e.Remaining) + " left"
	}
	return line
}

func number(x float64, decimals int) string {
	if math.IsNaN(x) {
		return "–"
	}
	return fmt.Sprintf("%.*f", decimals, x)
}
