package version

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/recipe"
)

var xsam = clitest.Of(func(stdout, _ io.Writer) *cobra.Command { return New(stdout) })

func TestHelp(t *testing.T) { xsam.Help(t, "version") }

// What is printed names the code, Go and the engine; a plugin that is not the published one is broken.
func TestVersion(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", t.TempDir())
	stdout := xsam.Done(t, "version")
	for _, want := range []string{"xsam      " + recipe.CodeVersion() + "\n", runtime.Version(), "engine    "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q, want %q in it", stdout, want)
		}
	}
	path := backend.Status().Plugins[0].Path
	if !strings.HasPrefix(path, cache) {
		t.Skip("the pinned plugin is not for this platform")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	if stdout := xsam.Done(t, "version"); !strings.Contains(stdout, "broken: checksum mismatch") {
		t.Errorf("%q, want that the plugin is broken", stdout)
	}
}
