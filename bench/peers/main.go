// Command peers times a training step of this module and of PyTorch and JAX with optax side by side: the same model,
// the same batch, the same CPUs, in turn, in one run.
//
//	go -C bench run ./peers --model resnet8 --image 28x28x1 --batch 128
//	go -C bench run ./peers --model resnet18 --image 32x32x3 --batch 512 --device cuda --dtype bfloat16
//
// With the argument curvature it compares eigenvalues and trace of a Hessian with PyHessian and curvlinops instead:
//
//	go -C bench run ./peers curvature --data digits --data-dir DIR
//
// With -against it compares with this module at another revision, or in another environment, and with no other
// library: so small differences show that are lost between two runs.
//
//	go -C bench run ./peers --model mlp --methods sam,xsam --steps 10 --rounds 100 --against HEAD~1
//	go -C bench run ./peers --model mlp --methods sam,xsam --steps 10 --rounds 100 --against . --against-env XLA_FLAGS=
//
// It builds a Python environment with the versions of requirements.txt the first time it needs one. Python 3.11 or
// later must be there. With -python it takes one that has PyTorch, or JAX and optax, already, in whatever versions.
//
// Ctrl-C prints what the finished rounds say.
//
//	main.go      what is timed, and in what order; flags.go has the flags
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
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/keepmemory"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/stepcost"
)

func main() {
	keepmemory.Restart()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
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

// commandsOf are the workers' command lines, without the setting; what they need is put into dir or the Python
// environment.
func commandsOf(ctx context.Context, s setting, o options, dir string, stderr io.Writer) ([]*exec.Cmd, error) {
	if s.Against != "" {
		path, err := build(ctx, o.revision, dir, stderr)
		if err != nil {
			return nil, err
		}
		cmd := exec.Command(path, "serve") // not killed when ctx ends, for it tells its times when its input does
		cmd.Env = append(keepmemory.EnvironOfOthers(), o.environ...)
		return []*exec.Cmd{cmd}, nil
	}
	python := o.python
	if python == "" {
		var err error
		if python, err = environment(ctx, o.venv, s.Device, stderr); err != nil {
			return nil, err
		}
	}
	if err := writeScripts(dir); err != nil {
		return nil, err
	}
	var commands []*exec.Cmd
	for _, library := range o.workers {
		cmd := exec.CommandContext(ctx, python, filepath.Join(dir, scripts[library]))
		if !s.SameAllocator {
			cmd.Env = keepmemory.EnvironOfOthers()
		}
		commands = append(commands, cmd)
	}
	return commands, nil
}

// measure lets this module's methods and the workers train in turn. When it is interrupted it returns what the
// finished rounds say, with the error.
func measure(ctx context.Context, s setting, rounds int, workers []*worker, stderr io.Writer) (*comparison, error) {
	last := time.Now()
	ours, err := s.bench(ctx, stderr, stepcost.Options{
		Rounds:  rounds,
		Between: func(context.Context) error { return turns(workers) },
		Progress: func(p stepcost.Progress) {
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
func (s setting) bench(ctx context.Context, stderr io.Writer, o stepcost.Options) (*stepcost.Result, error) {
	recipes, err := s.recipes()
	if err != nil {
		return nil, err
	}
	name := s.Engine
	if name == "" {
		name = map[string]string{cpu: "xla", cuda: "cuda"}[s.Device]
	}
	engine, err := backend.Open(ctx, backend.Options{Name: name, Out: stderr})
	if err != nil {
		return nil, err
	}
	defer engine.Finalize()
	set := stepcost.RandomImages(s.Image[0], s.Image[1], s.Image[2], s.Classes, 4*s.Batch, 0)
	o.Steps, o.Warmup = s.Steps, 1
	return stepcost.Run(ctx, engine, recipes, set, o)
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
func (s setting) recipes() ([]recipe.Recipe, error) {
	base := recipe.Defaults(stepcost.RandomData)
	base.Model, base.Batch, base.DType, base.Schedule = s.Model, s.Batch, s.DType, "constant"
	base.LearningRate, base.Momentum, base.WeightDecay = s.LearningRate, s.Momentum, s.WeightDecay
	return recipe.Plan(base, s.Methods, nil, 0, 1)
}
