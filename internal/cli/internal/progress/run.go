package progress

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
)

// Run shows the progress of a training run: a bar a run, and a line that stays at its end.
func (b *Bar) Run(e experiment.Progress) {
	switch {
	case e.Stage == experiment.Finished || e.Stage == experiment.Skipped:
		b.Print(finished(e))
	case e.Steps > 0:
		b.Show(e.Run, e.Step, e.Steps+1, status(e, b.room())) // the last one is the measuring at the end
	default:
		b.Show(e.Run, e.Step, 0, status(e, b.room()))
	}
}

// status is one line about what a run is doing. What does not fit into so many columns is left out, the least important
// first: angle, λ, accuracy, loss, epoch, of which the bar shows as much.
func status(e experiment.Progress, columns int) string {
	parts := []string{fmt.Sprintf("[%d/%d] %s", e.Run, e.Runs, e.Name)}
	switch e.Stage {
	case experiment.Preparing:
		parts = append(parts, "preparing")
	case experiment.Measuring:
		parts = append(parts, "measuring λmax")
	default:
		parts = append(parts, fmt.Sprintf("epoch %.1f/%d", e.Epoch, e.Epochs), "loss "+show.Number(e.Loss, 3))
		if !math.IsNaN(e.TestAccuracy) {
			parts = append(parts, "acc "+show.Number(100*e.TestAccuracy, 1)+" %")
		}
		if !math.IsNaN(e.Lambda) {
			parts = append(parts, "λ "+show.Number(e.Lambda, 2))
		}
		if !math.IsNaN(e.AngleDeg) {
			parts = append(parts, "angle "+show.Number(e.AngleDeg, 0)+"°")
		}
	}
	if e.Remaining >= 0 {
		parts = append(parts, show.Duration(e.Remaining)+" left")
	}
	for _, word := range []string{"angle", "λ", "acc", "loss", "epoch"} {
		if ansi.StringWidth(strings.Join(parts, "  ")) > columns {
			parts = slices.DeleteFunc(parts, func(p string) bool { return strings.HasPrefix(p, word+" ") })
		}
	}
	return strings.Join(parts, "  ")
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
		line += fmt.Sprintf("  %s accuracy %s %%", set, show.Number(100*e.TestAccuracy, 2))
	}
	line += "  λmax " + show.Number(e.Lambda, 2)
	if e.Remaining > 0 {
		line += "  " + show.Duration(e.Remaining) + " left"
	}
	return line
}
