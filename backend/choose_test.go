package backend

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParseRequest(t *testing.T) {
	plugin := filepath.Join(t.TempDir(), "plugin.so")
	if err := os.WriteFile(plugin, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		engine string // the option
		env    string // GOMLX_BACKEND
		want   request
	}{
		{"nothing said is auto", "", "", request{kind: kindAuto}},
		{"auto", "auto", "", request{kind: kindAuto}},
		{"auto overrides GOMLX_BACKEND", "auto", "go", request{kind: kindAuto}},
		{"xla", "xla", "", request{kind: kindXLA}},
		{"xla overrides GOMLX_BACKEND", "xla", "go", request{kind: kindXLA}},
		{"GOMLX_BACKEND decides when the option is empty", "", "go", request{kind: kindGo}},
		{"GOMLX_BACKEND may carry options", "", "go:parallelism=2", request{kind: kindGo, options: "parallelism=2"}},
		{"GOMLX_BACKEND xla:cpu", "", "xla:cpu", request{kind: kindXLA}},
		{"GOMLX_BACKEND xla:cuda with options", "", "xla:cuda,tf32=false", request{kind: kindCUDA, options: "tf32=false"}},
		{"GOMLX_BACKEND with an alias of xla", "", "hlo:cuda", request{kind: kindCUDA}},
		{"GOMLX_BACKEND with a plugin", "", "xla:" + plugin + ",tf32=false", request{kind: kindPlugin, path: plugin,
			options: "tf32=false"}},
		{"cuda", "cuda", "", request{kind: kindCUDA}},
		{"cpu is XLA on the CPU", "cpu", "", request{kind: kindXLA}},
		{"a plugin's path", plugin, "", request{kind: kindPlugin, path: plugin}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseRequest(tt.engine, tt.env)
			if err != nil || got != tt.want {
				t.Errorf("parseRequest(%q, %q) = %+v, %v, want %+v", tt.engine, tt.env, got, err, tt.want)
			}
		})
	}
}

func TestParseRequestErrors(t *testing.T) {
	tests := []struct {
		name, engine, env string
		want              []string // what the error must say
	}{
		{"misspelt", "xal", "", []string{`engine "xal"`, "want auto, xla, go, cuda or the path"}},
		{"misspelt in the environment", "", "xal", []string{`GOMLX_BACKEND="xal"`, "want auto"}},
		{"no such plugin", "/no/such/plugin.so", "", []string{"/no/such/plugin.so", "no such file"}},
		{"a folder", t.TempDir(), "", []string{"is no file"}},
		{"no such plugin in the environment", "", "xla:/no/such.so", []string{"GOMLX_BACKEND", "/no/such.so"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseRequest(tt.engine, tt.env)
			if err == nil {
				t.Fatalf("parseRequest(%q, %q) = %+v, want an error", tt.engine, tt.env, got)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("parseRequest(%q, %q): error %q does not say %q", tt.engine, tt.env, err, want)
				}
			}
		})
	}
}

func TestPlan(t *testing.T) {
	tests := []struct {
		name            string
		kind            kind
		gpu, cudaPlugin bool
		want            []kind
	}{
		{"auto without a GPU", kindAuto, false, false, []kind{kindXLA, kindGo}},
		{"auto with a GPU and its plugin", kindAuto, true, true, []kind{kindCUDA, kindXLA, kindGo}},
		{"auto with a GPU but no plugin downloads no gigabytes", kindAuto, true, false, []kind{kindXLA, kindGo}},
		{"auto with a plugin but no GPU", kindAuto, false, true, []kind{kindXLA, kindGo}},
		{"xla never falls back", kindXLA, true, true, []kind{kindXLA}},
		{"cuda never falls back", kindCUDA, true, false, []kind{kindCUDA}},
		{"go", kindGo, true, true, []kind{kindGo}},
		{"a plugin", kindPlugin, true, true, []kind{kindPlugin}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := request{kind: tt.kind}.plan(tt.gpu, tt.cudaPlugin)
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("plan(gpu %v, plugin %v) of kind %d = %v, want %v", tt.gpu, tt.cudaPlugin, tt.kind, got, tt.want)
			}
		})
	}
}

// A CUDA plugin is found in the folders of PJRT_PLUGIN_LIBRARY_PATH, in go-xla's and in JAX's, in that order.
func TestCUDACandidates(t *testing.T) {
	root := t.TempDir()
	touch := func(elem ...string) string {
		path := filepath.Join(append([]string{root}, elem...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	env := map[string]string{
		"PJRT_PLUGIN_LIBRARY_PATH": filepath.Join(root, "plugins"),
		"VIRTUAL_ENV":              filepath.Join(root, "venv"),
	}
	find := func() string {
		return firstFile(cudaCandidates(func(key string) string { return env[key] }, filepath.Join(root, "home")))
	}
	jax := touch("venv", "lib", "python3.12", "site-packages", "jax_plugins", "xla_cuda13", "xla_cuda_plugin.so")
	if got := find(); got != jax {
		t.Errorf("with JAX alone: found %q, want %q", got, jax)
	}
	own := touch("home", ".local", "lib", "go-xla", "nvidia", "pjrt_c_api_cuda_plugin.so")
	if got := find(); got != own {
		t.Errorf("with go-xla's installation too: found %q, want %q", got, own)
	}
	named := touch("plugins", "pjrt_c_api_cuda_plugin.so")
	if got := find(); got != named {
		t.Errorf("with PJRT_PLUGIN_LIBRARY_PATH too: found %q, want %q", got, named)
	}
}
