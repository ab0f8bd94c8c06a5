//go:build cgo

package hostmem_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	_ "github.com/xsam-go/xsam/backend/hostmem"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// childEnv makes the test process a child that prints its page faults.
const childEnv = "HOSTMEM_CHILD"

// A program that needs 64 MiB for a moment, again and again, faults on their 16,384 pages every time when the user chose the
// C library's own ways, and hardly at all otherwise.
func TestMemoryIsKept(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		t.Log("faults:", faultsOfTwentySteps(t))
		return
	}
	testbackend.XLA(t)                       // installs it, or skips
	const pages, steps = 64 << 20 / 4096, 20 // one step's pages
	kept, givenBack := faultsOfChild(t), faultsOfChild(t, "MALLOC_ARENA_MAX=")
	t.Logf("page faults in %d steps: %d, with the C library's own ways %d", steps, kept, givenBack)
	if kept > givenBack/4 {
		t.Errorf("%d page faults: want less than a quarter of %d", kept, givenBack)
	}
	if givenBack < steps/2*pages {
		t.Errorf("%d page faults with the C library's own ways: want %d or more, else this test shows nothing", givenBack, steps/2*pages)
	}
}

// faultsOfTwentySteps counts page faults of steps after the first two. A step writes 64 MiB in one piece, and returns a number.
func faultsOfTwentySteps(t *testing.T) int64 {
	step := graph.MustNewExec(testbackend.XLA(t), func(x *graph.Node) *graph.Node {
		rows := graph.BroadcastToDims(graph.InsertAxes(x, 0), 4096, 4096)
		return graph.ReduceAllSum(graph.Dot(graph.Sin(rows), graph.InsertAxes(x, -1)).Product())
	})
	defer step.Finalize()
	var before int64
	for i := range 22 {
		if i == 2 {
			before = faults(t)
		}
		step.MustCall1(make([]float32, 4096)).MustFinalizeAll()
	}
	return faults(t) - before
}

// faults are the process's page faults so far that needed no disk.
func faults(t *testing.T) int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return usage.Minflt
}

// faultsOfChild runs this test in a process of its own, where the choice is still open.
func faultsOfChild(t *testing.T, env ...string) int64 {
	cmd := exec.Command(os.Args[0], "-test.run=^TestMemoryIsKept$", "-test.v")
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "MALLOC_") && !strings.HasPrefix(e, "GLIBC_TUNABLES=") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, append(env, childEnv+"=1")...)
	out, err := cmd.CombinedOutput()
	_, rest, found := strings.Cut(string(out), "faults: ")
	if err != nil || !found {
		t.Fatalf("child: %v\n%s", err, out)
	}
	n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
