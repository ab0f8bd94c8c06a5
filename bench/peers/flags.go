package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

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

	// SameAllocator gives the workers the allocator settings that this module's commands choose for themselves.
	SameAllocator bool `json:"same_allocator"`

	Against string `json:"against"` // what this module is compared with, where that is itself; else empty

	Engine string `json:"engine"` // this module's, as backend.Options.Name has it; empty for that of the device
}

// The devices. Processor times say little on a GPU.
const cpu, cuda = "cpu", "cuda"

// allMethods are those of this module that can be timed.
var allMethods = []string{"sgd", "sam", "xsam", "xsam-lite", "xsam-paper"}

// scripts are the workers of the other libraries.
var scripts = map[string]string{"pytorch": "torch_worker.py", "jax": "jax_worker.py"}

// options are the flags that have no part in what is timed.
type options struct {
	rounds   int
	format   string
	venv     string
	python   string   // of an environment that is there already
	workers  []string // libraries, by their names in scripts
	revision string   // of this module to compare with
	environ  []string // settings for that
}

// parse reads the command line.
func parse(args []string, stderr io.Writer) (s setting, o options, err error) {
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(stderr)
	methods := flags.String("methods", strings.Join(allMethods, ","),
		"methods to time; PyTorch has sgd, sam and xsam-paper, JAX sgd and sam")
	flags.StringVar(&s.Model, "model", "resnet8", "mlp, resnet8, resnet20, resnet18, wrn16-1, wrn16-4 or wrn28-10")
	image := flags.String("image", "28x28x1", "size of the images, height x width x channels")
	flags.IntVar(&s.Batch, "batch", 128, "images of a step")
	flags.StringVar(&s.Device, "device", cpu, "cpu or cuda")
	flags.StringVar(&s.DType, "dtype", "float32", "float32, or bfloat16 for activations in it")
	flags.BoolVar(&s.SameAllocator, "same-allocator", false,
		"give PyTorch and JAX the settings of glibc's allocator, too, that this module's commands choose for themselves")
	flags.IntVar(&s.Steps, "steps", 3, "timed steps of a turn, made up to whole cycles")
	flags.IntVar(&o.rounds, "rounds", 10, "turns of each method; intervals take 6 at least")
	flags.StringVar(&o.format, "format", "table", "table or json")
	flags.StringVar(&o.revision, "against", "",
		"compare with this module at a `revision` of the repository, . being as it is, and with no other library")
	flags.Func("against-env", "a `setting` for the process of -against, KEY=VALUE; any number of them",
		func(setting string) error {
			o.environ = append(o.environ, setting)
			if name, _, ok := strings.Cut(setting, "="); !ok || name == "" {
				return errors.New("want KEY=VALUE")
			}
			return nil
		})
	flags.StringVar(&o.venv, "venv", "", "folder of the Python environment (default: in the user's cache folder)")
	flags.StringVar(&o.python, "python", "",
		"Python `program` of an environment that is there already, as it is; nothing is built")
	libraries := flags.String("libraries", "pytorch,jax", "libraries to compare with")
	flags.StringVar(&s.Engine, "backend", "",
		"`engine` of this module, or the path of a PJRT plugin (default: xla on the CPU, cuda on a GPU)")
	if err := flags.Parse(args); err != nil {
		return s, o, err
	}
	if n, _ := fmt.Sscanf(*image, "%dx%dx%d", &s.Image[0], &s.Image[1], &s.Image[2]); n != 3 || min(s.Image[0],
		s.Image[1], s.Image[2]) < 1 {
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
	o.workers = strings.Split(*libraries, ",")
	for _, library := range o.workers {
		if scripts[library] == "" {
			return s, o, fmt.Errorf("-libraries: got %q: want pytorch, jax, or both with a comma between", library)
		}
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case given["against"] && (o.revision == "" || strings.ContainsFunc(o.revision, unicode.IsSpace)):
		return s, o, fmt.Errorf("-against %q: want a revision of the repository, or . for the module as it is", o.revision)
	case given["against"] && (given["same-allocator"] || given["venv"] || given["python"] || given["libraries"]):
		return s, o, errors.New("-same-allocator, -venv, -python and -libraries are for other libraries: leave them out " +
			"with -against")
	case given["venv"] && given["python"]:
		return s, o, errors.New("-venv builds an environment and -python takes one that is there: choose one")
	case given["against"]:
		s.Against = strings.Join(append([]string{o.revision}, o.environ...), " ")
	case given["against-env"]:
		return s, o, fmt.Errorf("-against-env %s: there is no -against: name a revision, or . for the module as it is",
			o.environ[0])
	}
	s.Classes, s.LearningRate, s.Momentum, s.WeightDecay = 10, 0.01, 0.9, 5e-4
	s.Rho, s.Alpha, s.RefreshEvery, s.PowerSteps = 0.05, 0.2, 3, 5
	return s, o, nil
}
