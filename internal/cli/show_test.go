package cli

import (
	"bytes"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/measure"
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
		if got := status(tt.p); got != tt.want {
			t.Errorf("status = %q, want %q", got, tt.want)
		}
	}
	m := measure.Progress{Number: 2, Count: 6, Weights: "epoch:5", Measure: "density", Products: 34, Remaining: -1}
	if got, want := measuring(m), "[2/6] epoch:5  density  34 products"; got != want {
		t.Errorf("measuring = %q, want %q", got, want)
	}
	m.Remaining = 65 * time.Second
	if got, want := measuring(m), "[2/6] epoch:5  density  34 products  1 min 05 s left"; got != want {
		t.Errorf("measuring = %q, want %q", got, want)
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
		p := newProgress(&out, quiet)
		for step := range 1000 {
			p.show(experiment.Progress{Stage: experiment.Training, Step: step})
		}
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Errorf("quiet %v: %d lines for 1,000 quick steps, want %d", quiet, got, want)
		}
	}
}

// Measurements share the bar, and --quiet silences them too.
func TestProgressOfMeasurements(t *testing.T) {
	for _, tt := range []struct {
		quiet, terminal bool
		want            string
	}{{false, false, "[1/2] last  trace  3 products\n"}, {true, false, ""}, {false, true, "last  trace"}} {
		var out bytes.Buffer
		p := newProgress(&out, tt.quiet)
		p.terminal = tt.terminal
		for range 3 {
			p.measured(measure.Progress{Number: 1, Count: 2, Weights: "last", Measure: "trace", Products: 3, Share: 0.2,
				Remaining: -1})
		}
		if got := out.String(); got != tt.want && !(tt.terminal && strings.Contains(got, tt.want)) {
			t.Errorf("quiet %v, terminal %v: %q, want %q", tt.quiet, tt.terminal, got, tt.want)
		}
	}
}

// The bar is drawn on a terminal only; here it draws on a buffer.
func TestBar(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, false)
	p.terminal = true
	p.show(experiment.Progress{Run: 1, Runs: 1, Name: "sam-seed0", Stage: experiment.Preparing, Remaining: -1})
	p.show(experiment.Progress{Run: 1, Runs: 1, Name: "sam-seed0", Stage: experiment.Training, Step: 5, Steps: 10,
		Epochs: 1, Epoch: 0.5, Remaining: -1})
	p.show(experiment.Progress{Run: 1, Runs: 1, Name: "sam-seed0", Stage: experiment.Finished, TestAccuracy: 1,
		Lambda: 2, Remaining: -1})
	if text := out.String(); !strings.Contains(text, "sam-seed0") || !strings.Contains(text,
		"test accuracy 100.00 %") || p.bar != nil {
		t.Errorf("the terminal shows %q, want the run, and at its end its result in place of the bar", text)
	}
}

func TestInUse(t *testing.T) {
	cpu := backend.Plugin{Engine: "xla:cpu", Bytes: 1}
	cuda := backend.Plugin{Engine: "xla:cuda", Bytes: 1}
	broken := backend.Plugin{Engine: "xla:cpu", Bytes: 1, Checked: errors.New("checksum")}
	missing := backend.Plugin{Engine: "xla:cpu"}
	tests := []struct {
		name  string
		found backend.Found
		want  string
	}{
		{"the variable decides", backend.Found{Setting: "go:parallelism=2", Plugins: []backend.Plugin{cpu}},
			"go:parallelism=2, as GOMLX_BACKEND says"},
		{"a GPU with its plugin", backend.Found{Setting: "auto", GPU: true, Plugins: []backend.Plugin{cpu, cuda}},
			"xla:cuda"},
		{"a plugin without a GPU", backend.Found{Plugins: []backend.Plugin{cpu, cuda}}, "xla:cpu"},
		{"no plugin yet", backend.Found{Plugins: []backend.Plugin{missing}},
			"xla:cpu, whose plugin the first command downloads"},
		{"a broken one", backend.Found{Plugins: []backend.Plugin{broken}},
			"xla:cpu, whose plugin the first command downloads"},
		{"none, and none to be had", backend.Found{NoInstall: true, Plugins: []backend.Plugin{missing}},
			"go, slower than XLA: no plugin is installed, and GOMLX_NO_AUTO_INSTALL is set"},
	}
	for _, tt := range tests {
		if got := inUse(tt.found); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	var out bytes.Buffer
	err := showBackend(&out, backend.Found{GPU: true, Setting: "xla", XLAFlags: "--flag", Plugins: []backend.Plugin{
		{Engine: "xla:cpu", Path: "/cache/plugin.so", Source: "package 1.0", Bytes: 42}, {Engine: "xla:cuda"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "backend.txt", out.String())
}

func TestBackend(t *testing.T) {
	stdout, stderr, code := xsam(t, "backend")
	if code != exitDone || !strings.Contains(stdout, "in use") || !strings.Contains(stdout, "xla:cpu") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestData(t *testing.T) {
	stdout, _, code := xsam(t, "data", "list", "--data-dir", t.TempDir())
	if code != exitDone {
		t.Fatalf("exit %d", code)
	}
	golden(t, "data-list.txt", stdout)

	stdout, _, code = xsam(t, "data", "verify", "glyphs")
	if code != exitDone || !strings.HasPrefix(stdout, "glyphs: ") {
		t.Errorf("data verify glyphs: exit %d, stdout %q", code, stdout)
	}
	dir := os.Getenv(DataDirVariable)
	if dir == "" {
		t.Skipf("%s is not set: the files of data sets are not checked", DataDirVariable)
	}
	stdout, stderr, code := xsam(t, "data", "verify", "digits", "--data-dir", dir)
	if code != exitDone || !strings.HasPrefix(stdout, "digits: 1797 images") || !strings.Contains(stdout, "178") {
		t.Errorf("data verify digits: exit %d, stdout %q, stderr %q, want 1797 images and the counts of the classes", code,
			stdout, stderr)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		400 * time.Millisecond: "0 s", 59 * time.Second: "59 s", 61 * time.Second: "1 min 01 s",
		3660 * time.Second: "1 h 01 min",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%v) = %q, want %q", d, got, want)
		}
	}
}
