package backend

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
)

// Options says which engine to open and where to report progress.
type Options struct {
	// Name is "auto", "xla", "go", "cuda" or the path of a PJRT plugin; "" stands for $GOMLX_BACKEND, or auto without it.
	Name string
	// Out takes the progress of a download and the one line that says why pure Go is used; nil is silent.
	Out io.Writer
	// Quiet leaves of these the one line.
	Quiet bool
	// Devices is the number of devices that the engine must have; 0 and 1 ask for nothing. XLA on the CPU makes as many
	// virtual ones, which share the processor's cores: they show that spreading works, not how fast it is.
	Devices int
	// Terminal draws a progress bar on Out, for a person to watch.
	Terminal bool
}

// mostDevices is the number above which devices are taken for a mistake.
const mostDevices = 1024

// Engine is an open GoMLX engine. Pass its Backend on to GoMLX; call Finalize when it is no longer needed.
type Engine struct {
	compute.Backend
	// Name is "xla:cpu", "xla:cuda", "go", or the registered name of another engine.
	Name string
	// Plugin is the path of the PJRT plugin, "" for an engine without one.
	Plugin string
	// Fallback says why pure Go is used though XLA was wanted; "" without a fallback.
	Fallback string
}

// Open returns the engine that was asked for.
//
// "auto" takes CUDA when a GPU and its plugin are there, else XLA on the CPU, else pure Go with one line on Out that
// says why. "xla" and "cuda" install their plugin when it is missing, and fail when they cannot. Nothing is
// downloaded when GOMLX_NO_AUTO_INSTALL is set. XLA gets no options but those of the user's XLA_FLAGS: some are faster
// and compute attention wrongly; see docs/decisions/001-engine.md.
//
// A cancelled ctx ends a download and returns ctx's error.
func Open(ctx context.Context, opts Options) (*Engine, error) {
	out := orSilent(opts.Out)
	if opts.Out = out; opts.Quiet {
		opts.Out = io.Discard
	}
	if opts.Devices > mostDevices { // XLA on the CPU makes as many as it is asked for, each with its threads
		return nil, fmt.Errorf("backend: an engine with %d devices: want %d at most", opts.Devices, mostDevices)
	}
	req, err := parseRequest(opts.Name, os.Getenv(compute.ConfigEnvVar))
	if err != nil {
		return nil, err
	}
	// go-xla would otherwise download plugins of its own choice and draw on standard output while it does.
	xla.EnableAutoInstall(false)
	m := thisMachine()
	var refused []string
	for _, k := range req.plan(m.gpu(), m.cudaPlugin() != "") {
		engine, err := open(ctx, k, req, m, opts)
		if err == nil && engine.NumDevices() < opts.Devices {
			err = fmt.Errorf("backend: engine %s, number of devices: %d, want %d or more: ask for fewer, or for another "+
				"engine", engine.Name, engine.NumDevices(), opts.Devices)
			engine.Finalize()
		}
		switch {
		case err == nil && k == kindGo && len(refused) > 0:
			engine.Fallback = strings.Join(refused, "; ")
			fmt.Fprintf(out,
				"xsam: using the pure-Go engine, more than ten times slower than XLA on convolutions, because %s\n",
				engine.Fallback)
			return engine, nil
		case err == nil:
			return engine, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case req.kind != kindAuto:
			return nil, err
		}
		refused = append(refused, strings.TrimPrefix(err.Error(), "backend: "))
	}
	return nil, fmt.Errorf("backend: no engine could be opened: %s", strings.Join(refused, "; "))
}

// goOptions are the pure-Go engine's options unless the user names others: operations run one after the other, each
// still parallel inside. Side by side they can wait for each other for ever (compute v0.1.3): operations are tasks of a
// pool, and a convolution waits, inside its task, for workers of the same pool. TestGoEngineDoesNotHang shows it.
const goOptions = "ops_sequential"

// open makes one attempt.
func open(ctx context.Context, k kind, req request, m machine, opts Options) (*Engine, error) {
	switch k {
	case kindGo:
		if req.options == "" {
			req.options = goOptions
		}
		var b compute.Backend
		err := onStderr(func() (err error) {
			b, err = gobackend.New(req.options)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("backend: pure-Go engine with options %q: %w", req.options, err)
		}
		return &Engine{Backend: b, Name: "go"}, nil
	case kindOther:
		b, err := compute.NewWithConfig(req.path + ":" + req.options)
		if err != nil {
			return nil, fmt.Errorf("backend: engine %q with options %q: %w", req.path, req.options, err)
		}
		return &Engine{Backend: b, Name: b.Name()}, nil
	case kindPlugin:
		if err := m.verify(req.path); err != nil {
			return nil, fmt.Errorf("backend: the XLA plugin is not the published one and is not loaded: %w: install it again "+
				"(xsam backend install)", err)
		}
		return openXLA(req.path, req.options, opts)
	case kindCUDA:
		plugin, err := m.needCUDA(ctx, opts)
		if err != nil {
			return nil, err
		}
		if err := prepareCUDA(plugin); err != nil {
			return nil, fmt.Errorf("backend: CUDA plugin %s: %w", plugin, err)
		}
		return openXLA(plugin, req.options, opts)
	default:
		plugin, err := m.needCPU(ctx, opts)
		if err != nil {
			return nil, err
		}
		return openXLA(plugin, req.options, opts)
	}
}

// openXLA loads the plugin at an absolute path and makes a client of it. The pinned plugin's client gets as many
// devices as were asked for. By default it would make four, with a thread each, and these wait for each other where
// there are fewer processors. With one device a program runs in the calling thread, whose large buffers
// internal/keepmemory keeps, and not in a thread of the client.
func openXLA(plugin, options string, opts Options) (*Engine, error) {
	var clientOptions pjrt.NamedValuesMap
	if isPinned(plugin) {
		devices := max(1, opts.Devices)
		clientOptions = pjrt.NamedValuesMap{"cpu_device_count": int64(devices), "asynchronous": devices > 1}
	}
	config := plugin
	if options != "" {
		config += "," + options
	}
	b, err := xla.NewWithOptions(config, clientOptions)
	if err != nil {
		return nil, fmt.Errorf("backend: XLA plugin %s: %w", plugin, err)
	}
	name := "xla"
	switch {
	case b.IsCUDA():
		name = "xla:cuda"
	case b.IsCPU():
		name = "xla:cpu"
	}
	return &Engine{Backend: b, Name: name, Plugin: plugin}, nil
}

// orSilent replaces a missing writer by one that discards.
func orSilent(out io.Writer) io.Writer {
	if out == nil {
		return io.Discard
	}
	return out
}

// onStderr runs f with standard output turned to standard error: go-xla's installers and GoMLX's pure-Go engine print
// there, and standard output is for results.
func onStderr(f func() error) error {
	out := os.Stdout
	os.Stdout = os.Stderr
	defer func() { os.Stdout = out }()
	return f()
}
