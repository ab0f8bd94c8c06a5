package backend

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machineWith describes a computer on which installing a plugin ends with err.
func machineWith(gpu bool, cpuPlugin, cudaPlugin string, noInstall bool, err error) machine {
	return machine{
		gpu:        func() bool { return gpu },
		cpuPlugin:  func() string { return cpuPlugin },
		cudaPlugin: func() string { return cudaPlugin },
		verify:     func(string) error { return nil },
		noInstall:  noInstall,
		install: func(_ context.Context, opts InstallOptions) (string, error) {
			return "/installed/" + opts.Engine, err
		},
	}
}

func TestNeededPlugins(t *testing.T) {
	offline := errors.New("no network")
	tests := []struct {
		name    string
		m       machine
		need    func(machine, context.Context, Options) (string, error)
		want    string
		wantErr string
	}{
		{"an installed CPU plugin is used", machineWith(false, "/cpu.so", "", true, offline), machine.needCPU, "/cpu.so", ""},
		{"a missing CPU plugin is installed", machineWith(false, "", "", false, nil), machine.needCPU, "/installed/cpu", ""},
		{"offline without a CPU plugin", machineWith(false, "", "", false, offline), machine.needCPU, "", "no network"},
		{"nothing is installed when that is forbidden", machineWith(false, "", "", true, nil), machine.needCPU, "",
			"GOMLX_NO_AUTO_INSTALL"},
		{"an installed CUDA plugin is used", machineWith(true, "", "/cuda.so", false, offline), machine.needCUDA,
			"/cuda.so", ""},
		{"a missing CUDA plugin is installed", machineWith(true, "", "", false, nil), machine.needCUDA, "/installed/cuda",
			""},
		{"CUDA without a GPU", machineWith(false, "", "/cuda.so", false, nil), machine.needCUDA, "", "no NVIDIA GPU"},
		{"CUDA that may not be installed", machineWith(true, "", "", true, nil), machine.needCUDA, "",
			"GOMLX_NO_AUTO_INSTALL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.need(tt.m, t.Context(), Options{})
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("got %q, error %v, want an error that says %q", got, err, tt.wantErr)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %q, error %v, want %q", got, err, tt.want)
			}
		})
	}
}

// Without a plugin and without leave to fetch one, auto takes pure Go and says so in one line that names the way out,
// quiet or not;
// xla fails.
func TestOpenWithoutXLA(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("GOMLX_NO_AUTO_INSTALL", "1")
	t.Setenv("GOMLX_BACKEND", "")
	var out bytes.Buffer
	engine, err := Open(t.Context(), Options{Name: "auto", Out: &out, Quiet: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Finalize()
	if engine.Name != "go" || engine.Plugin != "" || engine.Fallback == "" {
		t.Errorf("Open(auto) = engine %q, plugin %q, fallback %q, want pure Go with a reason", engine.Name, engine.Plugin,
			engine.Fallback)
	}
	line := out.String()
	if strings.Count(line, "\n") != 1 || !strings.Contains(line, "pure-Go engine") || !strings.Contains(line,
		"--backend PATH") {
		t.Errorf("Open(auto) printed %q, want one line on the pure-Go engine that names the way out", line)
	}
	if engine, err := Open(t.Context(), Options{Name: "xla"}); err == nil {
		t.Errorf("Open(xla) = %s, want an error: xla never falls back", engine.Name)
	}
}

// Asked for, pure Go is no fallback, and nothing is printed.
func TestOpenGo(t *testing.T) {
	var out bytes.Buffer
	engine, err := Open(t.Context(), Options{Name: "go", Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Finalize()
	if engine.Name != "go" || engine.Fallback != "" || out.Len() != 0 {
		t.Errorf("Open(go) = engine %q, fallback %q, printed %q, want go with neither", engine.Name, engine.Fallback,
			out.String())
	}
}

// A file that is no plugin is refused with its name.
func TestOpenBrokenPlugin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken.so")
	if err := os.WriteFile(path, []byte("no library"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Name: path}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Open(%q): error %v, want one that names the file", path, err)
	}
}

// Another process gets the user's options where there are any.
func TestPlanFlags(t *testing.T) {
	for set, want := range map[string]string{"--xla_of_mine": "--xla_of_mine --xla_dump_to=DIR --xla_dump_hlo_as_text",
		"": " --xla_dump_to=DIR --xla_dump_hlo_as_text"} {
		t.Setenv(xlaFlagsEnv, set)
		if got, want := PlanFlags("DIR"), xlaFlagsEnv+"="+want; got != want {
			t.Errorf("XLA_FLAGS %q: %q, want %q", set, got, want)
		}
	}
}

// A JAX installation keeps NVIDIA's libraries two folders above its plugin.
func TestPrepareCUDA(t *testing.T) {
	site := t.TempDir()
	sdk := filepath.Join(site, "nvidia", "cu13")
	if err := os.MkdirAll(sdk, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(xlaFlagsEnv, "")
	os.Unsetenv(xlaFlagsEnv)
	t.Setenv("GOPJRT_CUDA_CHECKS", "")
	prepare := func(elem ...string) {
		if err := prepareCUDA(filepath.Join(append([]string{site}, elem...)...)); err != nil {
			t.Fatal(err)
		}
	}
	prepare("go-xla", "nvidia", "pjrt_c_api_cuda_plugin.so")
	if got, set := os.LookupEnv(xlaFlagsEnv); set {
		t.Errorf("go-xla's own installation needs no help, but XLA_FLAGS = %q", got)
	}
	prepare("jax_plugins", "xla_cuda13", "xla_cuda_plugin.so")
	if got, want := os.Getenv(xlaFlagsEnv), "--xla_gpu_cuda_data_dir="+sdk; got != want {
		t.Errorf("XLA_FLAGS = %q, want %q", got, want)
	}
}
