package backend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/installer"
	"github.com/gomlx/go-xla/pjrt"

	"github.com/xsam-go/xsam/internal/download"
)

// machine is what Open needs to know of the computer, as functions so that tests can describe another one.
type machine struct {
	gpu        func() bool                                           // is an NVIDIA GPU there?
	cudaPlugin func() string                                         // path of its plugin, "" if there is none
	cpuPlugin  func() string                                         // path of the installed CPU plugin, "" for none
	verify     func(plugin string) error                             // is it what was published, as far as that is known?
	noInstall  bool                                                  // GOMLX_NO_AUTO_INSTALL is set
	install    func(context.Context, InstallOptions) (string, error) // fetches a plugin
}

func thisMachine() machine {
	_, noInstall := os.LookupEnv(xla.NoAutoInstallEnv)
	return machine{
		gpu:        installer.HasNvidiaGPU,
		cudaPlugin: func() string { return firstFile(cudaCandidates(os.Getenv, homeDir())) },
		cpuPlugin:  func() string { return firstFile(cpuCandidates()) },
		verify:     verify,
		noInstall:  noInstall,
		install:    Install,
	}
}

// wayOut is what a user without a plugin and without a network can do.
const wayOut = "run once with a network, give the path of a PJRT plugin (--backend PATH), or take the pure-Go " +
	"engine (--backend go)"

var errNoInstall = errors.New(xla.NoAutoInstallEnv +
	" is set, so nothing is downloaded: unset it, give the path of a " +
	"PJRT plugin (--backend PATH), or take the pure-Go engine (--backend go)")

// needCPU returns the path of the CPU plugin. It installs it if it is missing or is not what was published. Such a file
// is never loaded, since a library runs code when it is loaded.
func (m machine) needCPU(ctx context.Context, opts Options) (string, error) {
	why := errors.New("no XLA plugin for the CPU is installed")
	if plugin := m.cpuPlugin(); plugin != "" {
		err := m.verify(plugin)
		if err == nil {
			return plugin, nil
		}
		why = fmt.Errorf("the XLA plugin is not the published one and is not loaded (%w)", err)
	}
	if m.noInstall {
		return "", fmt.Errorf("backend: %w, and %w", why, errNoInstall)
	}
	plugin, err := m.install(ctx, InstallOptions{Engine: "cpu", Out: opts.Out, Terminal: opts.Terminal})
	if errors.Is(why, download.ErrChecksum) && err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w; %w", err, why)
	}
	return plugin, err
}

// needCUDA returns the path of the CUDA plugin and installs it if it is missing.
func (m machine) needCUDA(ctx context.Context, opts Options) (string, error) {
	if !m.gpu() {
		return "", errors.New("backend: no NVIDIA GPU was found (no /dev/nvidia*, no nvidia-smi): take --backend xla")
	}
	if plugin := m.cudaPlugin(); plugin != "" {
		return plugin, nil
	}
	if m.noInstall {
		return "", fmt.Errorf("backend: no CUDA plugin is installed, and %w", errNoInstall)
	}
	return m.install(ctx, InstallOptions{Engine: "cuda", Out: opts.Out, Terminal: opts.Terminal})
}

// cpuCandidates lists where a CPU plugin may lie: the pinned one, then the one that go-xla installs.
func cpuCandidates() []string {
	var paths []string
	if pinnedWorksHere() {
		if path, err := pinnedPath(); err == nil && download.HasSize(path, pinnedCPU.pluginSize) {
			paths = append(paths, path)
		}
	}
	return append(paths, goXLACPUPath())
}

// goXLACPUPath is where go-xla's own installer puts the CPU plugin.
func goXLACPUPath() string {
	lib, err := installer.DefaultHomeLibPath()
	if err != nil {
		return ""
	}
	ext := ".so"
	if runtime.GOOS == "windows" {
		ext = ".dll"
	}
	return filepath.Join(lib, "go-xla", "pjrt_c_api_cpu_"+pjrt.DefaultCPUVersion+"_plugin"+ext)
}

// cudaCandidates lists where a CUDA plugin may lie, in this order: the directories of PJRT_PLUGIN_LIBRARY_PATH,
// go-xla's own places, and JAX in the active Python environment, in the user's and in the system's Python. env is
// os.Getenv.
func cudaCandidates(env func(string) string, home string) []string {
	const plugin = "pjrt_c_api_cuda_plugin.so" // as go-xla names it
	var paths []string
	for _, dir := range filepath.SplitList(env(pjrt.PJRTPluginPathsEnv)) {
		paths = append(paths, filepath.Join(dir, plugin))
	}
	for _, lib := range []string{filepath.Join(home, ".local", "lib"), "/usr/local/lib"} {
		paths = append(paths, filepath.Join(lib, "go-xla", "nvidia", plugin))
	}
	for _, prefix := range []string{env("VIRTUAL_ENV"), env("CONDA_PREFIX"), filepath.Join(home, ".local"),
		"/usr/local", "/usr"} {
		if prefix == "" {
			continue
		}
		for _, packages := range []string{"site-packages", "dist-packages"} {
			found, _ := filepath.Glob(filepath.Join(prefix, "lib", "python3*", packages, "jax_plugins", "xla_cuda*",
				"xla_cuda_plugin.so"))
			paths = append(paths, found...)
		}
	}
	return paths
}

// firstFile returns the first path that is a regular file (links followed), "" if none is.
func firstFile(paths []string) string {
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// homeDir is the user's home directory, "" when it is not known.
func homeDir() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return home
}
