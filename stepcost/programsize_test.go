package stepcost

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/recipe"
)

// A net of twice as many layers has twice as large a program, whatever the kind of step. It grows with the square
// where XLA does one of the sums over all parameter arrays again in each layer; see docs/decisions/004. XLA writes
// the programs down in processes of their own.
func TestStepGrowsWithLayers(t *testing.T) {
	const child = "XSAM_TEST_STEP_GROWS"
	if model := os.Getenv(child); model != "" {
		benchForPrograms(t, model)
		return
	}
	testbackend.SkipSlow(t)
	testbackend.XLA(t) // skips here where there is no XLA
	sizes := map[string][2]float64{}
	for i, model := range []string{"mlp-16x8", "mlp-32x8"} {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestStepGrowsWithLayers$")
		cmd.Env = append(os.Environ(), child+"="+model, backend.PlanFlags(dir))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, kind := range []string{"ascent", "pair"} {
			s := sizes[kind]
			s[i] = programSize(t, dir, kind)
			sizes[kind] = s
		}
	}
	for kind, s := range sizes {
		growth := s[1] / s[0]
		t.Logf("%s step: %.0f bytes with 16 layers, %.0f with 32, %.2f times as many", kind, s[0], s[1], growth)
		if growth > 2.3 {
			t.Errorf("the program of a step of kind %s grows %.2f times when the layers double: want at most 2.3", kind, growth)
		}
	}
}

// benchForPrograms compiles ascent and pair steps of a model.
func benchForPrograms(t *testing.T, model string) {
	base := recipe.Defaults(RandomData)
	base.Model, base.Batch, base.Schedule = model, 8, "constant"
	recipes, err := recipe.Plan(base, []string{"xsam:refresh-every=2:warmup-refreshes=0"}, nil, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	engine := &backend.Engine{Backend: testbackend.XLA(t), Name: "xla:cpu"}
	if _, err := Run(context.Background(), engine, recipes, RandomImages(4, 4, 1, 10, 16, 1), Options{Rounds: 1,
		Steps: 1, Warmup: 1}); err != nil {
		t.Fatal(err)
	}
}

// programSize is the length of the text of a step's program after XLA has optimised it.
func programSize(t *testing.T, dir, kind string) float64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*kind_"+kind+"*after_optimizations.txt"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d programs of %s steps (%v), want one", len(files), kind, err)
	}
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return float64(info.Size())
}
