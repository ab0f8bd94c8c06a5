package xsam_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// A pair step costs what a SAM step does, two forward and two backward passes: the compiled program holds as many
// matrix products. The count is read from what XLA is given, which it writes down in a process of its own.
func TestPairStepHasTheProductsOfSAM(t *testing.T) {
	const child = "XSAM_TEST_DUMP_METHOD"
	configs := map[string]xsam.Config{"sgd": xsam.SGDConfig(), "sam": xsam.SAMConfig(), "pair": xsam.DefaultConfig()}
	if method := os.Getenv(child); method != "" {
		newNetLab(t, testbackend.XLA(t), net{}, configs[method]).step(1) // the first step of X-SAM is a pair step
		return
	}
	testbackend.SkipSlow(t)
	testbackend.XLA(t) // skips here where there is no XLA

	products := map[string]int{}
	for method := range configs {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestPairStepHasTheProductsOfSAM$")
		cmd.Env = append(os.Environ(), child+"="+method,
			"XLA_FLAGS=--xla_backend_optimization_level=0 --xla_dump_to="+dir+" --xla_dump_hlo_as_text")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", method, err, out)
		}
		products[method] = largestCount(t, dir, `\bdot\(`)
	}
	// One pass of the net: 2 products forward, 3 backward (none to the input).
	if products["sgd"] != 5 || products["sam"] != 10 || products["pair"] != 10 {
		t.Errorf("matrix products in the compiled step %v, want sgd 5, sam 10, pair 10", products)
	}
}

// largestCount returns how often pattern occurs in the program where it occurs most, of those XLA was given.
func largestCount(t *testing.T, dir, pattern string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*before_optimizations.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs in XLA's dump: %v", err)
	}
	most := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, len(regexp.MustCompile(pattern).FindAll(text, -1)))
	}
	return most
}

// A training run's memory stays flat: from step 100 to step 1,000 the resident set grows by less than 5 %.
func TestMemoryStaysFlat(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads the resident set from /proc, which only Linux has")
	}
	testbackend.SkipSlow(t)
	b := testbackend.XLA(t)
	for name, c := range map[string]xsam.Config{"xsam": xsam.DefaultConfig(), "xsam-lite": xsam.LiteConfig()} {
		t.Run(name, func(t *testing.T) {
			if name != "xsam" {
				testbackend.SkipRepeat(t, b)
			}
			l := newNetLab(t, b, net{dropout: 0.3}, c)
			l.step(100)
			before := residentKiB(t)
			for range 900 {
				l.step(1)
				l.stats()
			}
			if after := residentKiB(t); float64(after) > 1.05*float64(before) {
				t.Errorf("resident set %d KiB after 100 steps, %d KiB after 1,000: want less than 5 %% more", before, after)
			}
		})
	}
}

func residentKiB(t *testing.T) int {
	t.Helper()
	runtime.GC()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			var kib int
			for _, digit := range rest {
				if digit >= '0' && digit <= '9' {
					kib = 10*kib + int(digit-'0')
				}
			}
			return kib
		}
	}
	t.Fatal("no VmRSS in /proc/self/status")
	return 0
}
