package backend

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

var xsam = clitest.Of(New)

func TestHelp(t *testing.T) { xsam.Help(t, "backend") }

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"backend install tpu": "tpu",
	})
}

func TestInUse(t *testing.T) {
	cpu := backend.Plugin{Engine: "xla:cpu", Bytes: 1}
	cuda := backend.Plugin{Engine: "xla:cuda", Bytes: 1}
	broken := backend.Plugin{Engine: "xla:cpu", Bytes: 1, Checked: errors.New("checksum")}
	missing := backend.Plugin{Engine: "xla:cpu"}
	tests := []struct {
		name  string
		found backend.Found
		want  string
	}{
		{"the variable decides", backend.Found{Setting: "go:parallelism=2", Plugins: []backend.Plugin{cpu}},
			"go:parallelism=2, as GOMLX_BACKEND says"},
		{"a GPU with its plugin", backend.Found{Setting: "auto", GPU: true, Plugins: []backend.Plugin{cpu, cuda}},
			"xla:cuda"},
		{"a plugin without a GPU", backend.Found{Plugins: []backend.Plugin{cpu, cuda}}, "xla:cpu"},
		{"no plugin yet", backend.Found{Plugins: []backend.Plugin{missing}},
			"xla:cpu, whose plugin the first command downloads"},
		{"a broken one", backend.Found{Plugins: []backend.Plugin{broken}},
			"xla:cpu, whose plugin the first command downloads"},
		{"none, and none to be had", backend.Found{NoInstall: true, Plugins: []backend.Plugin{missing}},
			"go, slower than XLA: no plugin is installed, and GOMLX_NO_AUTO_INSTALL is set"},
	}
	for _, tt := range tests {
		if got := tt.found.InUse(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	var out bytes.Buffer
	err := printStatus(&out, backend.Found{GPU: true, Setting: "xla", XLAFlags: "--flag", Plugins: []backend.Plugin{
		{Engine: "xla:cpu", Path: "/cache/plugin.so", Source: "package 1.0", Bytes: 42}, {Engine: "xla:cuda"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	clitest.Golden(t, "backend.txt", out.String())
}

func TestBackend(t *testing.T) {
	stdout, stderr, code := xsam.Run("backend")
	if code != exit.Done || !strings.Contains(stdout, "in use") || !strings.Contains(stdout, "xla:cpu") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}
