// Package testbackend gives tests the engines they run on: GoMLX's pure-Go engine, and XLA on the CPU.
package testbackend

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"

	"github.com/xsam-go/xsam/backend"
)

// Each runs f as two subtests, "go" and "xla". The second is skipped where XLA cannot be had; see [XLA].
func Each(t *testing.T, f func(t *testing.T, b compute.Backend)) {
	t.Helper()
	t.Run("go", func(t *testing.T) { f(t, Go(t)) })
	t.Run("xla", func(t *testing.T) { f(t, XLA(t)) })
}

// EachSlow is Each for tests for which XLA compiles for seconds: with -short they run on the pure-Go engine alone.
func EachSlow(t *testing.T, f func(t *testing.T, b compute.Backend)) {
	t.Helper()
	t.Run("go", func(t *testing.T) { f(t, Go(t)) })
	t.Run("xla", func(t *testing.T) {
		SkipSlow(t)
		f(t, XLA(t))
	})
}

// SkipSlow skips a test that takes many seconds where -short is set.
func SkipSlow(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes many seconds, and -short is set")
	}
}

// Thorough tells whether what is compiled for minutes and repeats other tests on the second engine is run too: on a
// continuous-integration machine (environment variable CI set), or with XSAM_THOROUGH=1.
func Thorough() bool { return os.Getenv("CI") != "" || os.Getenv("XSAM_THOROUGH") != "" }

// Compiled tells whether b is XLA, which compiles for seconds what the pure-Go engine begins at once.
func Compiled(t testing.TB, b compute.Backend) bool {
	t.Helper()
	return b.Name() != Go(t).Name()
}

// SkipRepeat skips on XLA, unless [Thorough], a case of which the pure-Go engine runs all and XLA another one.
func SkipRepeat(t testing.TB, b compute.Backend) {
	t.Helper()
	if Compiled(t, b) && !Thorough() {
		t.Skip("XLA runs another case of it, and compiling takes its time: all with CI set, or XSAM_THOROUGH=1")
	}
}

// Go returns the process's pure-Go engine.
func Go(t testing.TB) compute.Backend {
	t.Helper()
	b, err := goEngine()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// GoEngine is Go under the name by which the command knows it.
func GoEngine(t testing.TB) *backend.Engine {
	t.Helper()
	return &backend.Engine{Backend: Go(t), Name: "go"}
}

// TwoDevices returns an XLA engine with two devices, virtual ones where there is one processor: a client of its own
// beside that of [XLA]. Where XLA cannot be had it does what XLA does.
func TwoDevices(t testing.TB) compute.Backend {
	t.Helper()
	XLA(t)
	b, err := twoDevices()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// XLA returns the process's XLA engine and installs its plugin if it is missing. GOMLX_BACKEND may name another plugin
// ("xla:/path/plugin.so"). Where there is none, for want of a network say, the test is skipped with the reason; on a
// continuous-integration machine (environment variable CI set) it fails, so that a green run has run everything.
func XLA(t testing.TB) compute.Backend {
	t.Helper()
	b, err := xlaEngine()
	if err == nil {
		return b
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("CI is set and XLA cannot be had: %v", err)
	}
	t.Skipf("XLA cannot be had here: %v", err)
	return nil
}

var goEngine = sync.OnceValues(func() (compute.Backend, error) { return open("go", 1) })

var xlaEngine = sync.OnceValues(func() (compute.Backend, error) { return openXLA(1) })

var twoDevices = sync.OnceValues(func() (compute.Backend, error) { return openXLA(2) })

func openXLA(devices int) (compute.Backend, error) {
	if strings.HasPrefix(os.Getenv(compute.ConfigEnvVar), "xla:") {
		return open("", devices) // the user's choice of plugin
	}
	return open("xla", devices)
}

func open(name string, devices int) (compute.Backend, error) {
	engine, err := backend.Open(context.Background(), backend.Options{Name: name, Devices: devices})
	if err != nil {
		return nil, err
	}
	return engine.Backend, nil
}
