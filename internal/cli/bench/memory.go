package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/stepcost"
)

// measureMemory runs a bench of one round for each method alone, in a process of its own, and puts the peak memory
// that the process reports into the method's row, and what XLA planned there for a step.
func (o *options) measureMemory(ctx context.Context, r *stepcost.Result) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("--memory starts the command anew: %w", err)
	}
	for i := range r.Rows {
		out, planned, err := o.alone(ctx, self, r.Rows[i].Method)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var alone struct {
			Peak runlog.Number `json:"peak_memory_bytes"`
		}
		if err == nil {
			err = json.Unmarshal(out, &alone)
		}
		if err != nil {
			return fmt.Errorf("--memory: bench of %s alone: %w", r.Rows[i].Method, err)
		}
		r.Rows[i].PeakMemory, r.Rows[i].Memory.Planned = alone.Peak, planned
	}
	r.PeakMemory = runlog.Number{} // of all methods together: of no use beside those
	if len(r.Rows) > 0 && !r.Rows[0].PeakMemory.Known() {
		r.Warnings = append(r.Warnings,
			"--memory: peak memory is read from /proc/self/status, which is not there on this system")
	}
	return nil
}

// alone runs the bench of one method, and returns what it wrote and the memory that XLA planned for a step.
func (o *options) alone(ctx context.Context, self, method string) (out []byte,
	planned runlog.Number, err error) {
	plans, err := os.MkdirTemp("", "xsam-plans-")
	if err != nil {
		return nil, planned, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(plans)) }()
	child := exec.CommandContext(ctx, self, o.childArgs(method)...)
	child.Stderr = o.stderr
	child.Env = append(os.Environ(), backend.PlanFlags(plans))
	if out, err = child.Output(); err != nil {
		return nil, planned, err
	}
	planned, err = stepcost.PlannedBytes(plans, "")
	return out, planned, err
}

// childArgs is the command line of the bench of one method: the user's flags, as far as they have to do with it.
func (o *options) childArgs(method string) []string {
	args := []string{"bench", "--methods=" + method, "--rounds=1", "--format=json", "--quiet"}
	o.given.Visit(func(flag *pflag.Flag) {
		switch flag.Name {
		case "methods", "rounds", "format", "quiet", "memory":
			return
		}
		if o.recipe.Sets(flag.Name) && !parameter.Has(method, flag.Name) {
			return
		}
		args = append(args, "--"+flag.Name+"="+flag.Value.String())
	})
	return args
}
