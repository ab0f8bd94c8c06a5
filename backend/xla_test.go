package backend

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// XLA reads its options once in a process, so these tests run themselves again in a process of their own.
const childEnv = "XSAM_TEST_DUMP_DIR"

// needInstalled skips a test where XLA's plugin is not installed: these tests download nothing.
func needInstalled(t *testing.T) {
	t.Helper()
	if m := thisMachine(); m.cpuPlugin() == "" {
		t.Skip("no XLA plugin is installed: run the tests of internal/testbackend first, with a network")
	}
}

// An option that Go sets in the environment reaches the plugin, though the plugin asks C for it: told to write down its
// programs, XLA does. And loading it prints nothing.
func TestOptionsReachThePlugin(t *testing.T) {
	needInstalled(t)
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestChild$")
	child.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if written, _ := filepath.Glob(filepath.Join(dir, "*.txt")); len(written) == 0 {
		t.Error("XLA_FLAGS, set by Go after the process started, did not reach the plugin")
	}
	if want := []byte("PASS\n"); !bytes.HasPrefix(out, want) {
		t.Errorf("opening XLA printed %q, want nothing before PASS", out)
	}
}

// TestChild is the process that TestOptionsReachThePlugin starts.
func TestChild(t *testing.T) {
	dir := os.Getenv(childEnv)
	if dir == "" {
		t.Skip("runs as a child of TestOptionsReachThePlugin")
	}
	os.Setenv(xlaFlagsEnv, "--xla_dump_to="+dir+" --xla_dump_hlo_as_text")
	engine, err := Open(t.Context(), Options{Name: "xla"})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Finalize()
	if engine.Name != "xla:cpu" || engine.Plugin == "" || engine.Fallback != "" {
		t.Errorf("Open(xla) = %q from %q, fallback %q, want xla:cpu from its plugin", engine.Name, engine.Plugin,
			engine.Fallback)
	}
	sum, err := graph.CallOnce(engine.Backend, func(x *graph.Node) *graph.Node { return graph.Add(x, x) }, 21.0)
	if err != nil {
		t.Fatal(err)
	}
	if got := sum.Value(); got != 42.0 {
		t.Errorf("21 + 21 = %v", got)
	}
}
