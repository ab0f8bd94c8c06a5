package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/stepcost"
)

// asWorker makes the test binary be a worker: it takes the place of Python.
const asWorker = "XSAM_TEST_AS_WORKER"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "serve" { // the program that is compared with itself
		if os.Getenv(inOtherEnvironment) != "1" {
			fmt.Fprintln(os.Stderr, "-against-env did not reach the process")
			os.Exit(1)
		}
		if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	switch os.Getenv(asWorker) {
	case "":
		os.Exit(m.Run())
	case "broken":
		os.Exit(1)
	}
	fmt.Println(`{"library": "Peer 1", "parameters": 19075, "methods": ["sgd", "sam", "sam, channels last"]}`)
	for line := make([]byte, 100); ; {
		if _, err := os.Stdin.Read(line); err != nil {
			os.Exit(0)
		}
		fmt.Println(`{"seconds": {"sgd": 1, "sam": 4, "sam, channels last": 2}, "cpu_seconds": {"sgd": 2, "sam": 8, "sam, channels last": 4}}`)
	}
}

func startTestWorker(t *testing.T, mode string) (*worker, error) {
	t.Setenv(asWorker, mode)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startWorker(t.Context(), exec.Command(self, "worker.py"), setting{}, io.Discard)
}

func TestWorker(t *testing.T) {
	w, err := startTestWorker(t, "peer")
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	for range 2 {
		if err := w.turn(); err != nil {
			t.Fatal(err)
		}
	}
	if w.Library != "Peer 1" || w.Parameters != 19075 || fmt.Sprint(w.seconds["sam"], w.cpu["sam"]) != "[4 4] [8 8]" {
		t.Errorf("worker %+v, want Peer 1 with two turns of 4 s, 8 s of processor time", w)
	}
}

func TestWorkerThatDoesNotStart(t *testing.T) {
	if _, err := startTestWorker(t, "broken"); err == nil || !strings.Contains(err.Error(), "worker.py did not start") {
		t.Errorf("error %v, want that worker.py did not start", err)
	}
}

func TestCompareWith(t *testing.T) {
	w, err := startTestWorker(t, "peer")
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := w.turn(); err != nil {
		t.Fatal(err)
	}
	ours := &stepcost.Result{Model: "mlp", Parameters: 19075, Rounds: 1, Rows: []stepcost.Row{
		{Method: "sgd", RoundSeconds: []float64{3}, RoundCPUSeconds: []float64{3}},
		{Method: "sam", StepSeconds: stepcost.Interval{Median: runlog.Num(6)}, RoundSeconds: []float64{6},
			RoundCPUSeconds: []float64{6}},
	}}
	c, err := compareWith(ours, []*worker{w})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.write(&out); err != nil {
		t.Fatal(err)
	}
	// 6 s against the faster of 4 s and 2 s; 6 s of processor time against its 4 s.
	for _, want := range []string{"xsam sgd  Peer 1 sgd                 3",
		"xsam sam  Peer 1 sam, channels last  3     1.5"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("table\n%s\nwant %q in it", out.String(), want)
		}
	}
	// A turn that this module did not finish is not looked at.
	if err := w.turn(); err != nil {
		t.Fatal(err)
	}
	if c, err := compareWith(ours, []*worker{w}); err != nil || len(c.Rows[2].rounds) != 1 {
		t.Errorf("%v rounds (%v), want one", c.Rows[2].rounds, err)
	}
	ours.Parameters++
	if _, err := compareWith(ours, []*worker{w}); err == nil || !strings.Contains(err.Error(), "not the same model") {
		t.Errorf("error %v, want that it is not the same model", err)
	}
}

func TestParse(t *testing.T) {
	s, o, err := parse(strings.Fields("-model mlp -image 8x8x3 -batch 4 -rounds 7 -device cuda -dtype bfloat16"),
		io.Discard)
	if err != nil || s.Model != "mlp" || s.Image != [3]int{8, 8, 3} || s.Batch != 4 || s.Device != cuda ||
		s.DType != "bfloat16" || o.rounds != 7 {
		t.Errorf("parsed %+v %+v (%v)", s, o, err)
	}
	s, o, err = parse(strings.Fields("-against HEAD~2 -against-env A=1 -against-env B="), io.Discard)
	if err != nil || s.Against != "HEAD~2 A=1 B=" || o.revision != "HEAD~2" || len(o.environ) != 2 {
		t.Errorf("parsed %+v %+v (%v)", s, o, err)
	}
	s, o, err = parse(strings.Fields("-python my/python -libraries jax -backend my/plugin.so"), io.Discard)
	if err != nil || o.python != "my/python" || strings.Join(o.workers, " ") != "jax" || s.Engine != "my/plugin.so" {
		t.Errorf("parsed %+v %+v (%v)", s, o, err)
	}
	for _, args := range []string{"-against-env A=1", "-against . -against-env A", "-against=",
		"-against . -same-allocator", "-against . -venv x", "-against . -python x", "-against . -libraries jax",
		"-venv x -python x", "-libraries keras", "-methods sam,adam", "-image 8x8", "-image 8x8x0", "-batch 0",
		"-rounds 0", "-format csv", "-device tpu", "-dtype float16", "-frobnicate"} {
		if _, _, err := parse(strings.Fields(args), io.Discard); err == nil {
			t.Errorf("%s: no error", args)
		}
	}
}

// Both sides must take the same published step: the preset is what the workers are told.
func TestSettingIsThatOfThePreset(t *testing.T) {
	s, _, err := parse([]string{"-methods", "sam,xsam-paper"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	recipes, err := s.recipes()
	if err != nil {
		t.Fatal(err)
	}
	sam, paper := recipes[0], recipes[1]
	if sam.Rho != s.Rho || paper.Rho != s.Rho || paper.Alpha != s.Alpha || paper.Refresh.Every != s.RefreshEvery ||
		paper.PowerSteps != s.PowerSteps {
		t.Errorf("workers get %+v, the presets are %+v and %+v", s, sam.Config, paper.Config)
	}
	if sam.LearningRate != s.LearningRate || sam.Momentum != s.Momentum || sam.WeightDecay != s.WeightDecay ||
		sam.Batch != s.Batch {
		t.Errorf("workers get %+v, the base is %+v", s, sam.Base)
	}
}

// With -python that program runs the workers of the libraries that were asked for, and nothing is built.
func TestPythonThatIsThere(t *testing.T) {
	s, o, err := parse([]string{"-python", "my-python", "-libraries", "jax,pytorch"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	commands, err := commandsOf(t.Context(), s, o, dir, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, cmd := range commands {
		got = append(got, strings.Join(cmd.Args, " "))
	}
	want := []string{"my-python " + filepath.Join(dir, "jax_worker.py"), "my-python " + filepath.Join(dir,
		"torch_worker.py")}
	if !slices.Equal(got, want) {
		t.Errorf("workers %q, want %q", got, want)
	}
}

func TestEnvironmentThatIsThereIsNotBuiltAgain(t *testing.T) {
	dir := t.TempDir()
	want, err := files.ReadFile(requirements)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, requirements), want, 0o644); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	python, err := environment(context.Background(), dir, cpu, &stderr)
	if err != nil || python != filepath.Join(dir, "bin", "python") || stderr.Len() > 0 {
		t.Errorf("python %q, error %v, messages %q: want the one that is there, without a word", python, err, stderr.String())
	}
	scripts := t.TempDir()
	if err := writeScripts(scripts); err != nil {
		t.Fatal(err)
	}
	if found, _ := filepath.Glob(filepath.Join(scripts, "*.py")); len(found) != 6 {
		t.Errorf("scripts %v, want six", found)
	}
}

// Without a GPU nothing is built for one.
func TestNoGPU(t *testing.T) {
	if backend.Status().GPU {
		t.Skip("there is a GPU here")
	}
	venv := filepath.Join(t.TempDir(), "venv")
	err := run(t.Context(), []string{"-device", "cuda", "-venv", venv}, io.Discard, io.Discard)
	if _, statErr := os.Stat(venv); err == nil || !strings.Contains(err.Error(), "no NVIDIA GPU") || statErr == nil {
		t.Errorf("error %v, environment there: %v: want that there is no GPU, and no environment", err, statErr == nil)
	}
}

// A GPU wants more than a CPU does.
func TestWanted(t *testing.T) {
	onCPU, err := wanted(cpu)
	if err != nil {
		t.Fatal(err)
	}
	onGPU, err := wanted(cuda)
	if err != nil || !bytes.HasPrefix(onGPU, onCPU) || !bytes.Contains(onGPU, []byte("jax-cuda12-plugin[with-cuda]==")) {
		t.Errorf("a GPU wants %q (%v): want what a CPU does, and JAX's plugin", onGPU, err)
	}
}
