package stepcost

import (
	"context"
	"math"
	"os"
	"os/exec"
	"testing"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/recipe"
)

func TestMemoryLine(t *testing.T) {
	status := "Name:\tx\nVmHWM:\t     200 kB\nVmRSS:\t     100 kB\nThreads:\t1\n"
	if got := memoryLine(status, "VmHWM:"); got != 200*1024 {
		t.Errorf("VmHWM of %q = %v, want 204800", status, got)
	}
	for _, name := range []string{"VmSwap:", "Threads:"} {
		if got := memoryLine(status, name); !math.IsNaN(got) {
			t.Errorf("%s of %q = %v, want NaN", name, status, got)
		}
	}
}

// X-SAM's largest step needs at most the memory of SAM's plus three copies of the weights, to 10 %, and SAM's at most
// that of SGD's plus the same. The numbers are the sizes of all buffers of a step, as XLA plans them; XLA writes them
// down in a process of its own.
func TestStepMemory(t *testing.T) {
	const child = "XSAM_TEST_STEP_MEMORY"
	cases := []memoryCase{
		{name: "much held", model: "resnet8", side: 28, channels: 1, batch: 256, parameters: 77754},
		{name: "a perceptron", model: "mlp", side: 28, channels: 1, batch: 128, parameters: 118282},
		{name: "a small net with convolutions", model: "cnn", side: 12, channels: 1, batch: 64, parameters: 23946},
		{name: "more weights than activations", model: "alexnet-narrow", side: 32, channels: 3, batch: 64,
			parameters: 159578},
	}
	if asked := os.Getenv(child); asked != "" {
		for _, c := range cases {
			for _, method := range []string{"sgd", "sam", "xsam:refresh-every=2:warmup-refreshes=0"} {
				if c.name+method == asked {
					c.bench(t, method)
				}
			}
		}
		return
	}
	testbackend.SkipSlow(t)
	b := testbackend.XLA(t) // skips here where there is no XLA
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.model == "resnet8" || c.model == "alexnet-narrow" {
				testbackend.SkipRepeat(t, b)
			}
			plan := func(method, kind string) float64 {
				dir := t.TempDir()
				cmd := exec.Command(os.Args[0], "-test.run=^TestStepMemory$")
				cmd.Env = append(os.Environ(), child+"="+c.name+method, backend.PlanFlags(dir))
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", method, err, out)
				}
				return plannedBytes(t, dir, kind)
			}
			plain, sam, xsam := plan("sgd", "plain"), plan("sam", "ascent"), plan("xsam:refresh-every=2:warmup-refreshes=0", "")
			weights := 4 * float64(c.parameters)
			t.Logf("%s: bytes of a step of SGD %.0f, of SAM %.0f, of the largest of X-SAM %.0f, of the weights %.0f", c.model,
				plain, sam, xsam, weights)
			if most := 1.1 * (sam + 3*weights); xsam > most {
				t.Errorf("X-SAM's largest step needs %.0f bytes, want at most %.0f: SAM's %.0f, three copies of the weights "+
					"and 10 %%", xsam, most, sam)
			}
			if most := 1.1 * (plain + 3*weights); sam > most {
				t.Errorf("SAM's step needs %.0f bytes, want at most %.0f: SGD's %.0f, three copies of the weights and 10 %%",
					sam, most, plain)
			}
		})
	}
}

// memoryCase is a net whose steps XLA plans, on square images.
type memoryCase struct {
	name, model           string
	side, channels, batch int
	parameters            int
}

// bench compiles the steps of a method.
func (c memoryCase) bench(t *testing.T, method string) {
	base := recipe.Defaults(RandomData)
	base.Model, base.Batch, base.Schedule = c.model, c.batch, "constant"
	recipes, err := recipe.Plan(base, []string{method}, nil, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	engine := &backend.Engine{Backend: testbackend.XLA(t), Name: "xla:cpu"}
	images := RandomImages(c.side, c.side, c.channels, 10, 2*c.batch, 1)
	bench, err := Run(context.Background(), engine, recipes, images, Options{Rounds: 1, Steps: 1, Warmup: 1})
	if err != nil {
		t.Fatal(err)
	}
	if bench.Parameters != c.parameters {
		t.Fatalf("%s has %d parameters, the test says %d", c.model, bench.Parameters, c.parameters)
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
