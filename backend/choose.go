package backend

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute"
)

// kind is one way to get an engine.
type kind int

const (
	kindAuto   kind = iota // CUDA, else XLA on the CPU, else pure Go
	kindXLA                // XLA on the CPU
	kindCUDA               // XLA on an NVIDIA GPU
	kindGo                 // pure Go
	kindPlugin             // XLA through the plugin at request.path
	kindOther              // any other engine registered with GoMLX
)

// request is what the user asked for: a kind of engine, for kindPlugin the plugin's absolute path, for kindOther the
// engine's registered name, and the engine's own options ("tf32=false,...") as GOMLX_BACKEND may carry them.
type request struct {
	kind    kind
	path    string
	options string
}

// xlaAliases are the names under which go-xla registers the same engine.
var xlaAliases = []string{"xla", "stablehlo", "hlo", "shlo"}

// parseRequest reads an engine's name: "auto", "xla", "go", "cuda", the path of a plugin, or anything that
// GOMLX_BACKEND may hold ("xla:cuda,tf32=false", "xla:/path/plugin.so", "go:parallelism=2"). An empty name stands for
// env, the value of GOMLX_BACKEND, and both empty for auto.
func parseRequest(name, env string) (request, error) {
	origin := fmt.Sprintf("engine %q", name)
	if name == "" {
		name, origin = env, fmt.Sprintf("GOMLX_BACKEND=%q", env)
	}
	engine, config, _ := strings.Cut(name, ":")
	plugin, options, _ := strings.Cut(config, ",")
	switch {
	case name == "" || name == "auto":
		return request{kind: kindAuto}, nil
	case name == "cuda":
		return request{kind: kindCUDA}, nil
	case name == "cpu":
		return request{kind: kindXLA}, nil
	case engine == "go":
		return request{kind: kindGo, options: config}, nil
	case slices.Contains(xlaAliases, engine):
		switch {
		case plugin == "" || plugin == "cpu":
			return request{kind: kindXLA, options: options}, nil
		case plugin == "cuda":
			return request{kind: kindCUDA, options: options}, nil
		}
		return pluginRequest(origin, plugin, options)
	case looksLikePath(name):
		return pluginRequest(origin, name, "")
	case slices.Contains(compute.List(), engine):
		return request{kind: kindOther, path: engine, options: config}, nil
	}
	return request{}, fmt.Errorf("backend: %s is not known: want auto, xla, go, cuda or the path of a PJRT plugin (a "+
		".so file)", origin)
}

// looksLikePath tells a plugin's path from a misspelt engine name: it holds a separator, or ends as a shared library
// does.
func looksLikePath(name string) bool {
	return strings.ContainsAny(name, `/\`) || slices.Contains([]string{".so", ".dylib", ".dll"}, filepath.Ext(name))
}

// pluginRequest checks that the plugin's file is there and makes its path absolute, as go-xla wants it.
func pluginRequest(origin, path, options string) (request, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return request{}, fmt.Errorf("backend: %s: %w", origin, err)
	}
	info, err := os.Stat(abs)
	switch {
	case err != nil:
		return request{}, fmt.Errorf("backend: %s: no plugin there (%w): want auto, xla, go, cuda or the path of a PJRT "+
			"plugin", origin, err)
	case !info.Mode().IsRegular():
		return request{}, fmt.Errorf("backend: %s: %s is no file: want the path of a PJRT plugin (a .so file)", origin, abs)
	}
	return request{kind: kindPlugin, path: abs, options: options}, nil
}

// plan lists the engines to try, in order; only auto has more than one. CUDA is tried by auto only where a GPU and its
// plugin are already there, since that plugin with its libraries is a download of several gigabytes.
func (r request) plan(gpu, cudaPlugin bool) []kind {
	switch {
	case r.kind != kindAuto:
		return []kind{r.kind}
	case gpu && cudaPlugin:
		return []kind{kindCUDA, kindXLA, kindGo}
	default:
		return []kind{kindXLA, kindGo}
	}
}
