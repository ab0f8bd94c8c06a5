package keepmemory_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/keepmemory"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// largeSteps in the environment makes the test program one that makes steps with a large buffer and tells their page
// faults.
const largeSteps = "XSAM_TEST_LARGE_STEPS"

func TestMain(m *testing.M) {
	if os.Getenv(largeSteps) == "" {
		os.Exit(m.Run())
	}
	keepmemory.Restart()
	if err := tellFaults(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tellFaults prints how many page faults a step has that holds 128 MiB between two operations.
func tellFaults() error {
	engine, err := backend.Open(context.Background(), backend.Options{Name: "xla"})
	if err != nil {
		return err
	}
	defer engine.Finalize()
	const rows, columns = 4096, 8192
	step, err := graph.NewExec(engine.Backend, func(x *graph.Node) *graph.Node {
		y := graph.Dot(graph.Tanh(x), graph.Ones(x.Graph(), shapes.Make(dtypes.Float32, columns, 1))).Product()
		for range 120 { // what has few operations the plugin runs in the calling thread in any case
			y = graph.Tanh(graph.Dot(y, graph.ReduceAndKeep(y, graph.ReduceMax, 0)).Product())
		}
		return y
	})
	if err != nil {
		return err
	}
	defer step.Finalize()
	x := tensors.FromShape(shapes.Make(dtypes.Float32, rows, columns))
	const warm, counted = 3, 10
	var before int64
	for i := range warm + counted {
		if i == warm {
			before = pageFaults()
		}
		out, err := step.Call1(x)
		if err != nil {
			return err
		}
		if err := out.FinalizeAll(); err != nil {
			return err
		}
	}
	fmt.Printf("%d faults\n", (pageFaults()-before)/counted)
	return nil
}

func pageFaults() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Minflt
}

// A buffer of more than 64 MB, which glibc keeps for the first thread of a process only, is not cleared anew in each
// step where the program keeps its memory, and is where it does not.
func TestLargeBufferOfAStepIsKept(t *testing.T) {
	if name := os.Getenv(compute.ConfigEnvVar); name != "" {
		t.Skipf("%s is %q: the settings are those of the plugin that is installed by default", compute.ConfigEnvVar, name)
	}
	testbackend.XLA(t)    // installs it, or skips
	const pages = 128 / 2 // as large ones, of 2 MB
	for _, kept := range []bool{true, false} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(unsettledEnviron(), largeSteps+"=1")
		if !kept {
			cmd.Env = append(cmd.Env, "GLIBC_TUNABLES=")
		}
		var messages strings.Builder
		cmd.Stderr = &messages
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, messages.String())
		}
		var faults int
		if _, err := fmt.Sscanf(string(out), "%d faults", &faults); err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		if kept != (faults < pages/2) {
			t.Errorf("memory kept: %v: %d page faults a step, of a buffer of %d large pages", kept, faults, pages)
		}
	}
}
