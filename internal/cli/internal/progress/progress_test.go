package progress

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/xsam-go/xsam/experiment"
)

func TestStatusLine(t *testing.T) {
	nan := math.NaN()
	base := experiment.Progress{Run: 2, Runs: 16, Name: "xsam-seed0", Epochs: 25, Loss: nan, TestAccuracy: nan,
		Lambda: nan, AngleDeg: nan, Remaining: -1}
	with := func(change func(*experiment.Progress)) experiment.Progress {
		p := base
		change(&p)
		return p
	}
	tests := []struct {
		p    experiment.Progress
		want string
	}{
		{with(func(p *experiment.Progress) { p.Stage = experiment.Preparing }), "[2/16] xsam-seed0  preparing"},
		{with(func(p *experiment.Progress) { p.Stage, p.Epoch, p.Loss = experiment.Training, 3.25, 0.51234 }),
			"[2/16] xsam-seed0  epoch 3.2/25  loss 0.512"},
		{with(func(p *experiment.Progress) {
			p.Stage, p.Epoch, p.Loss, p.TestAccuracy, p.Lambda, p.AngleDeg, p.Remaining = experiment.Training, 4, 0.5, 0.9125,
				7.456, 88.4, 65*time.Second
		}), "[2/16] xsam-seed0  epoch 4.0/25  loss 0.500  acc 91.2 %  λ 7.46  angle 88°  1 min 05 s left"},
		{with(func(p *experiment.Progress) { p.Stage, p.Remaining = experiment.Measuring, 2*time.Hour+3*time.Minute }),
			"[2/16] xsam-seed0  measuring λmax  2 h 03 min left"},
	}
	for _, tt := range tests {
		if got := status(tt.p, math.MaxInt); got != tt.want {
			t.Errorf("status = %q, want %q", got, tt.want)
		}
	}
	done := with(func(p *experiment.Progress) { p.Stage, p.TestAccuracy, p.Lambda = experiment.Finished, 0.9, nan })
	if got, want := finished(done), "[2/16] xsam-seed0  test accuracy 90.00 %  λmax –"; got != want {
		t.Errorf("finished = %q, want %q", got, want)
	}
	done.Stage = experiment.Skipped
	if got, want := finished(done), "[2/16] xsam-seed0  was finished before"; got != want {
		t.Errorf("finished = %q, want %q", got, want)
	}
}

// Where there is no terminal a line is written now and then, not one a step; --quiet writes nothing.
func TestProgressIsSparing(t *testing.T) {
	for quiet, want := range map[bool]int{false: 1, true: 0} {
		var out bytes.Buffer
		p := New(&out, quiet)
		for step := range 1000 {
			p.Run(experiment.Progress{Stage: experiment.Training, Step: step})
		}
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Errorf("quiet %v: %d lines for 1,000 quick steps, want %d", quiet, got, want)
		}
	}
}

// What is shown without an experiment is a line now and then, a bar on a terminal, and nothing where the bar is quiet.
func TestShow(t *testing.T) {
	for _, tt := range []struct {
		quiet, terminal bool
		want            string
	}{{false, false, "3 products\n"}, {true, false, ""}, {false, true, "3 products"}} {
		var out bytes.Buffer
		b := New(&out, tt.quiet)
		b.terminal = tt.terminal
		for range 3 {
			b.Show(1, 200, 1000, "3 products")
		}
		if got := out.String(); got != tt.want && !(tt.terminal && strings.Contains(got, tt.want)) {
			t.Errorf("quiet %v, terminal %v: %q, want %q", tt.quiet, tt.terminal, got, tt.want)
		}
	}
}

// The bar is drawn on a terminal only; here it draws on a buffer.
func TestBar(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, false)
	p.terminal = true
	p.Run(experiment.Progress{Run: 1, Runs: 1, Name: "sam-seed0", Stage: experiment.Preparing, Remaining: -1})
	p.Run(experiment.Progress{Run: 1, Runs: 1, Name: "sam-seed0", Stage: experiment.Training, Step: 5, Steps: 10,
		Epochs: 1, Epoch: 0.5, Remaining: -1})
	p.Run(experiment.Progress{Run: 1, Runs: 1, Name: "sam-seed0", Stage: experiment.Finished, TestAccuracy: 1,
		Lambda: 2, Remaining: -1})
	if text := out.String(); !strings.Contains(text, "sam-seed0") || !strings.Contains(text,
		"test accuracy 100.00 %") || p.bar != nil {
		t.Errorf("the terminal shows %q, want the run, and at its end its result in place of the bar", text)
	}
}

// What a terminal shows never takes more columns than it has, whatever there is to say and however it is resized on the
// way: the least important goes first, and the run and the time left stay whole.
func TestFitsTheTerminal(t *testing.T) {
	var out bytes.Buffer
	b := New(&out, false)
	b.terminal = true
	e := experiment.Progress{Run: 12, Runs: 16, Name: "xsam-lite-seed3", Stage: experiment.Training, Step: 700, Steps: 900,
		Epochs: 60, Epoch: 46.7, Loss: 0.512, TestAccuracy: 0.912, Lambda: 7.46, AngleDeg: 88, Remaining: 65 * time.Second}
	for _, columns := range []int{200, 80, 63, 40, 120, 55} {
		b.columns = func() int { return columns }
		out.Reset()
		time.Sleep(throttle)
		b.Run(e)
		text := out.String()
		whole := strings.Contains(text, "xsam-lite-seed3 ") && strings.Contains(text, "1 min 05 s left")
		if columns >= 63 && !whole {
			t.Errorf("%d columns show %q, want the run and the time left", columns, text)
		}
		for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
			if n := ansi.StringWidth(line); n >= columns { // blanks over an old line would wrap too
				t.Errorf("%d columns: %d are taken by %q", columns, n, line)
			}
		}
		if columns == 80 && (!strings.Contains(text, "epoch 46.7/60") || strings.Contains(text, "angle")) {
			t.Errorf("80 columns show %q, want the epoch and no angle", text)
		}
	}
}
