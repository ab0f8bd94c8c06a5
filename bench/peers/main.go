// Command peers times a training step of this module and of PyTorch and JAX with optax side by side: the same model, the
// same batch, the same CPUs, in turn, in one run.
//
//	go run ./bench/peers --model resnet8 --image 28x28x1 --batch 128
//	go run ./bench/peers --model resnet18 --image 32x32x3 --batch 512 --device cuda --dtype bfloat16
//
// With the argument curvature it compares eigenvalues and trace of a Hessian with PyHessian and curvlinops instead:
//
//	go run ./bench/peers curvature --data digits --data-dir DIR
//
// With -against it compares with this module at another revision, or in another environment, and with no other library: so
// small differences show that are lost between two runs.
//
//	go run ./bench/peers --model mlp --methods sam,xsam --steps 10 --rounds 100 --against HEAD~1
//	go run ./bench/peers --model mlp --methods sam,xsam --steps 10 --rounds 100 --against . --against-env XLA_FLAGS=
//
// It builds a Python environment with the versions of requirements.txt the first time it needs one. Python 3.11 or later must be
// there.
//
// Ctrl-C prints what the finished rounds say.
//
//	main.go      flags, and what is timed
//	venv.go      the Python environment
//	worker.go    a library's process, which makes a turn when it is asked to
//	against.go   such a process of this module
//	table.go     ratios round by round, and how they are printed
//	curvature.go the other comparison; spectra.go prints it, torch_curvature.py is its Python side
//	*_worker.py  the steps; *_models.py the models; turns.py the protocol
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/models"
)

func main() {
	backend.KeepMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// setting is what is timed, in this module and in the workers.
type setting struct {
	Model        string   `json:"model"`
	Methods      []string `json:"methods"` // a worker times those of them that it has
	Image        [3]int   `json:"image"`   // height, width, channels
	Classes      int      `json:"classes"`
	Batch        int      `json:"batch"`
	Steps        int      `json:"steps"`
	Device       string   `json:"device"`
	DType        string   `json:"dtype"` // of activations; all else is float32
	LearningRate float64  `json:"lr"`
	Momentum     float64  `json:"momentum"`
	WeightDecay  float64  `json:"weight_decay"`
	Rho          float64  `json:"rho"`
	Alpha        float64  `json:"alpha"` // and the next two: of X-SAM as published
	RefreshEvery int      `json:"refresh_every"`
	PowerSteps   int      `json:"power_steps"`

	SameAllocator bool `json:"same_allocator"` // the workers get the allocator settings that this module's commands choose for themselves

	Against string `json:"against"` // what this module is compared with, where that is itself; else empty
}

// The devices. Processor times say little on a GPU.
const cpu, cuda = "cpu", "cuda"

// allMethods are those of this module that can be timed.
var allMethods = []string{"sgd", "sam", "xsam", "xsam-lite", "xsam-paper"}

// options are the flags that have no part in what is timed.
type options struct {
	rounds   int
	format   string
	venv     string
	revision string   // of this module to compare with
	environ  []string // settings for that
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "curvature" {
		return runCurvature(ctx, args[1:], stdout, stderr)
	}
	if len(args) == 2 && args[0] == "serve" { // as commandsOf calls it
		return serve(args[1], os.Stdin, stdout, stderr)
	}
	s, o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if s.Device == cuda && !backend.Status().GPU { // before an environment of some gigabytes is built for it
		return errors.New("-device cuda: no NVIDIA GPU was found (no /dev/nvidia*, no nvidia-smi): take -device cpu")
	}
	dir, remove, err := temporary()
	if err != nil {
		return err
	}
	defer remove()
	commands, err := commandsOf(ctx, s, o, dir, stderr)
	if err != nil {
		return err
	}
	var workers []*worker
	defer func() {
		for _, w := range workers {
			w.close()
		}
	}()
	for _, cmd := range commands {
		w, err := startWorker(ctx, cmd, s, stderr)
		if err != nil {
			return err
		}
		workers = append(workers, w)
	}
	result, err := measure(ctx, s, o.rounds, workers, stderr)
	if result == nil {
		return err
	}
	if o.format == "json" {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return errors.Join(err, encoder.Encode(result))
	}
	return errors.Join(err, result.write(stdout))
}

// commandsOf are the workers' command lines, without the setting; what they need is put into dir or the Python environment.
func commandsOf(ctx context.Context, s setting, o options, dir string, stderr io.Writer) ([]*exec.Cmd, error) {
	if s.Against != "" {
		path, err := build(ctx, o.revision, dir, stderr)
		if err != nil {
			return nil, err
		}
		cmd := exec.Command(path, "serve") // not killed when ctx ends, for it tells its times when its input does
		cmd.Env = append(backend.EnvironOfOthers(), o.environ...)
		return []*exec.Cmd{cmd}, nil
	}
	python, err := environment(ctx, o.venv, s.Device, stderr)
	if err != nil {
		return nil, err
	}
	if err := writeScripts(dir); err != nil {
		return nil, err
	}
	var commands []*exec.Cmd
	for _, script := range []string{"torch_worker.py", "jax_worker.py"} {
		cmd := exec.CommandContext(ctx, python, filepath.Join(dir, script))
		if !s.SameAllocator {
			cmd.Env = backend.EnvironOfOthers()
		}
		commands = append(commands, cmd)
	}
	return commands, nil
}

func parse(args []string, stderr io.Writer) (s setting, o options, err error) {
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(stderr)
	methods := flags.String("methods", strings.Join(allMethods, ","), "methods to time; PyTorch has sgd, sam and xsam-paper, JAX sgd and sam")
	flags.StringVar(&s.Model, "model", "resnet8", "mlp, resnet8, resnet20, resnet18, wrn16-1, wrn16-4 or wrn28-10")
	image := flags.String("image", "28x28x1", "size of the images, height x width x channels")
	flags.IntVar(&s.Batch, "batch", 128, "images of a step")
	flags.StringVar(&s.Device, "device", cpu, "cpu or cuda")
	flags.StringVar(&s.DType, "dtype", "float32", "float32, or bfloat16 for activations in it")
	flags.BoolVar(&s.SameAllocator, "same-allocator", false, "give PyTorch and JAX the settings of glibc's allocator, too, that this module's commands choose for themselves")
	flags.IntVar(&s.Steps, "steps", 3, "timed steps of a turn, made up to whole cycles")
	flags.IntVar(&o.rounds, "rounds", 10, "turns of each method; intervals take 6 at least")
	flags.StringVar(&o.format, "format", "table", "table or json")
	flags.StringVar(&o.revision, "against", "", "compare with this module at a `revision` of the repository, . being as it is, and with no other library")
	flags.Func("against-env", "a `setting` for the process of -against, KEY=VALUE; any number of them", func(setting string) error {
		o.environ = append(o.environ, setting)
		if name, _, ok := strings.Cut(setting, "="); !ok || name == "" {
			return errors.New("want KEY=VALUE")
		}
		return nil
	})
	flags.StringVar(&o.venv, "venv", "", "folder of the Python environment (default: in the user's cache folder)")
	if err := flags.Parse(args); err != nil {
		return s, o, err
	}
	if n, _ := fmt.Sscanf(*image, "%dx%dx%d", &s.Image[0], &s.Image[1], &s.Image[2]); n != 3 || min(s.Image[0], s.Image[1], s.Image[2]) < 1 {
		return s, o, fmt.Errorf("-image %q: want height x width x channels, such as 28x28x1", *image)
	}
	s.Methods = strings.Split(*methods, ",")
	for _, m := range s.Methods {
		if !slices.Contains(allMethods, m) {
			return s, o, fmt.Errorf("-methods: got %q: want some of %s, with commas between", m, strings.Join(allMethods, ", "))
		}
	}
	if s.Batch < 1 || s.Steps < 1 || o.rounds < 1 {
		return s, o, fmt.Errorf("-batch %d -steps %d -rounds %d: want 1 or more of each", s.Batch, s.Steps, o.rounds)
	}
	if s.Device != cpu && s.Device != cuda {
		return s, o, fmt.Errorf("-device %q: want %s or %s", s.Device, cpu, cuda)
	}
	if s.DType != "float32" && s.DType != "bfloat16" {
		return s, o, fmt.Errorf("-dtype %q: want float32 or bfloat16", s.DType)
	}
	if o.format != "table" && o.format != "json" {
		return s, o, fmt.Errorf("-format %q: want table or json", o.format)
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case given["against"] && (o.revision == "" || strings.ContainsFunc(o.revision, unicode.IsSpace)):
		return s, o, fmt.Errorf("-against %q: want a revision of the repository, or . for the module as it is", o.revision)
	case given["against"] && (given["same-allocator"] || given["venv"]):
		return s, o, errors.New("-same-allocator and -venv are for other libraries: leave them out with -against")
	case given["against"]:
		s.Against = strings.Join(append([]string{o.revision}, o.environ...), " ")
	case given["against-env"]:
		return s, o, fmt.Errorf("-against-env %s: there is no -against: name a revision, or . for the module as it is", o.environ[0])
	}
	s.Classes, s.LearningRate, s.Momentum, s.WeightDecay = 10, 0.01, 0.9, 5e-4
	s.Rho, s.Alpha, s.RefreshEvery, s.PowerSteps = 0.05, 0.2, 3, 5
	return s, o, nil
}

// measure lets this module's methods and the workers train in turn. When it is interrupted it returns what the finished rounds
// say, with the error.
func measure(ctx context.Context, s setting, rounds int, workers []*worker, stderr io.Writer) (*comparison, error) {
	last := time.Now()
	ours, err := s.bench(ctx, stderr, experiment.BenchOptions{
		Rounds:  rounds,
		Between: func(context.Context) error { return turns(workers) },
		Progress: func(p experiment.BenchProgress) {
			if time.Since(last) > 5*time.Second {
				last = time.Now()
				fmt.Fprintf(stderr, "round %d/%d\n", p.Round, p.Rounds)
			}
		},
	})
	if ours == nil || ours.Rounds == 0 {
		return nil, err
	}
	for _, w := range workers {
		if finishErr := w.finish(); finishErr != nil {
			return nil, errors.Join(err, finishErr)
		}
	}
	c, compareErr := compareWith(ours, workers)
	return c, errors.Join(err, compareErr)
}

// bench times this module's methods; o says what does not follow from the setting.
func (s setting) bench(ctx context.Context, stderr io.Writer, o experiment.BenchOptions) (*experiment.BenchResult, error) {
	recipes, err := s.recipes()
	if err != nil {
		return nil, err
	}
	engine, err := backend.Open(ctx, backend.Options{Name: map[string]string{cpu: "xla", cuda: "cuda"}[s.Device], Out: stderr, Dense: models.Dense(s.Model)})
	if err != nil {
		return nil, err
	}
	defer engine.Finalize()
	set := experiment.RandomImages(s.Image[0], s.Image[1], s.Image[2], s.Classes, 4*s.Batch, 0)
	o.Steps, o.Warmup = s.Steps, 1
	return experiment.RunBench(ctx, engine, recipes, set, o)
}

func turns(workers []*worker) error {
	for _, w := range workers {
		if err := w.turn(); err != nil {
			return err
		}
	}
	return nil
}

// recipes are those of this module's methods, with the setting of the workers.
func (s setting) recipes() ([]experiment.Recipe, error) {
	base := experiment.Defaults(experiment.RandomData)
	base.Model, base.Batch, base.DType, base.Schedule = s.Model, s.Batch, s.DType, "constant"
	base.LearningRate, base.Momentum, base.WeightDecay = s.LearningRate, s.Momentum, s.WeightDecay
	return experiment.Plan(base, s.Methods, nil, 0, 1)
}
