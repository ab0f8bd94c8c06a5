package experiment

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// What a step of X-SAM needs in memory is what SAM's needs and two copies of the weights, the old v and the new, to 5 %; and
// SAM's second pass needs nothing beside its first. The numbers are the sizes of all buffers of a step, as XLA plans them; it
// writes them down in a process of its own.
func TestStepMemory(t *testing.T) {
	const child = "XSAM_TEST_STEP_MEMORY"
	if os.Getenv(child) != "" {
		benchForMemory(t)
		return
	}
	testbackend.XLA(t) // skips here where there is no XLA
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestStepMemory$")
	cmd.Env = append(os.Environ(), child+"=1", backend.PlanFlags(dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	plain, ascent, pair := plannedBytes(t, dir, "plain"), plannedBytes(t, dir, "ascent"), plannedBytes(t, dir, "pair")
	const weights = 4 * 77754 // of resnet8 with one input channel
	t.Logf("bytes of a plain step %.0f, an ascent step %.0f, a pair step %.0f", plain, ascent, pair)
	if pair > 1.05*(ascent+2*weights) {
		t.Errorf("a pair step needs %.0f bytes, an ascent step %.0f and two copies of the weights %d: want at most 5 %% more", pair, ascent, 2*weights)
	}
	if ascent > 1.05*(plain+2*weights) {
		t.Errorf("an ascent step needs %.0f bytes, a plain step %.0f: want at most two copies of the weights and 5 %% more", ascent, plain)
	}
}

// benchForMemory compiles the three kinds of step of a residual net.
func benchForMemory(t *testing.T) {
	base := Defaults(RandomData)
	base.Model, base.Batch, base.Schedule = "resnet8", 256, "constant"
	recipes, err := Plan(base, []string{"sgd", "xsam:refresh-every=2:warmup-refreshes=0"}, nil, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	engine := &backend.Engine{Backend: testbackend.XLA(t), Name: "xla:cpu"}
	if _, err := RunBench(context.Background(), engine, recipes, RandomImages(28, 28, 1, 10, 512, 1), BenchOptions{Rounds: 1, Steps: 1, Warmup: 1}); err != nil {
		t.Fatal(err)
	}
}

func plannedBytes(t *testing.T, dir, kind string) float64 {
	t.Helper()
	bytes, err := PlannedBytes(dir, kind)
	if err != nil || !bytes.Known() {
		t.Fatalf("the plan of %s steps is not known: %v", kind, err)
	}
	return bytes.Float()
}
