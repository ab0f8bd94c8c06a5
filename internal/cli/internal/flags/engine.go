package flags

import (
	"context"
	"io"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/recipe"
)

// Engine says which engine computes, and on how many devices.
type Engine struct {
	name    string
	Devices int // over which each batch is spread; 0, for commands without the flag, is one
}

// Add adds the flag that names the engine.
func (e *Engine) Add(set *pflag.FlagSet) {
	set.StringVar(&e.name, "backend", "",
		"`engine`: auto, xla, go, cuda, or the path of a PJRT plugin (default $GOMLX_BACKEND, else auto)")
}

// AddDevices adds the flag for the number of devices.
func (e *Engine) AddDevices(set *pflag.FlagSet) {
	set.IntVar(&e.Devices, "devices", 1, "`number` of devices over which each batch is spread")
}

// CheckDevices finds a number of devices that cannot be.
func (e *Engine) CheckDevices() error {
	if e.Devices < 1 || e.Devices > recipe.MaxDevices {
		return exit.Usagef("--devices %d: want 1 to %d devices", e.Devices, recipe.MaxDevices)
	}
	return nil
}

// Open opens the engine. What is downloaded for it is shown unless quiet is set.
func (e *Engine) Open(ctx context.Context, stderr io.Writer, quiet bool) (*backend.Engine, error) {
	return backend.Open(ctx, backend.Options{
		Name: e.name, Out: stderr, Quiet: quiet, Terminal: progress.IsTerminal(stderr), Devices: e.Devices,
	})
}
