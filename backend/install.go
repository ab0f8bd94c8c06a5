package backend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gomlx/go-xla/installer"

	"github.com/xsam-go/xsam/internal/download"
)

// InstallOptions says which plugin to install, where, and where to show progress.
type InstallOptions struct {
	Engine   string    // "cpu" or "cuda"
	Dir      string    // for "cpu": the folder under which the plugin is kept; "" is the user's cache
	Out      io.Writer // progress; nil is silent
	Terminal bool      // draw a progress bar on Out, instead of one line
}

// Install makes sure that an engine's plugin is on disk and returns its path. An installed one is left alone.
//
// "cpu" on 64-bit x86 Linux is the pinned wheel: its SHA-256 and that of the plugin inside are checked, an
// interrupted download goes on where it ended, and the plugin appears under its name only when it is whole, so that
// two processes may install at once. On other platforms it is the plugin that go-xla's own installer fetches. "cuda"
// is go-xla's installation of the plugin and NVIDIA's libraries, several gigabytes, on 64-bit x86 Linux with a GPU.
//
// Without a network the error names what else can be done. A cancelled ctx returns its error and keeps what was
// fetched.
func Install(ctx context.Context, opts InstallOptions) (string, error) {
	opts.Out = orSilent(opts.Out)
	switch {
	case opts.Engine == "cuda":
		return installCUDA(ctx, opts)
	case opts.Engine != "cpu":
		return "", fmt.Errorf("backend: Install of engine %q: want cpu or cuda", opts.Engine)
	case pinnedWorksHere():
		return install(ctx, pinnedCPU, opts)
	default:
		return installGoXLA(ctx, opts)
	}
}

// wheel is one plugin inside one published Python wheel.
type wheel struct {
	name, version string // of the package
	sha256        string // of the wheel
	size          int64  // of the wheel, bytes
	inside        string // path of the plugin inside the wheel
	pluginSHA256  string
	pluginSize    int64 // bytes
	// find returns the wheel's address.
	find func(ctx context.Context, w wheel) (string, error)
	// client fetches it.
	client *http.Client
}

// pinnedCPU is XLA's CPU plugin as jaxlib 0.11.2 has it, built for C API users by the LAMMPS project (Apache-2.0).
var pinnedCPU = wheel{
	name:         "lammps-jax-pjrt-cpu",
	version:      "0.11.2",
	sha256:       "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1",
	size:         62711338,
	inside:       "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
	pluginSHA256: "ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2",
	pluginSize:   201600336,
	find:         findWheel,
	client:       &http.Client{Transport: http.DefaultTransport},
}

// pinnedWorksHere tells whether the pinned plugin is built for this platform.
func pinnedWorksHere() bool { return runtime.GOOS == "linux" && runtime.GOARCH == "amd64" }

// path of the installed plugin under dir, or under the user's cache if dir is "".
func (w wheel) path(dir string) (string, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("backend: no cache folder to keep the XLA plugin in: %w: set HOME or XDG_CACHE_HOME", err)
		}
		dir = filepath.Join(cache, "xsam")
	}
	return filepath.Join(dir, w.name+"-"+w.version, filepath.Base(w.inside)), nil
}

func pinnedPath() (string, error) { return pinnedCPU.path("") }

// isPinned tells whether a plugin's path is where Install puts the pinned one by default.
func isPinned(plugin string) bool {
	path, err := pinnedPath()
	return err == nil && pinnedWorksHere() && path == plugin
}

// findWheel asks the package index, through go-xla's installer, for the file whose checksum is the pinned one.
func findWheel(ctx context.Context, w wheel) (string, error) {
	type answer struct {
		info *installer.PipPackageInfo
		err  error
	}
	answers := make(chan answer, 1)
	go func() { // GetPipInfo takes no context
		info, err := installer.GetPipInfo(w.name)
		answers <- answer{info, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case a := <-answers:
		if a.err != nil {
			return "", a.err
		}
		for _, file := range a.info.Releases[w.version] {
			if file.Digests["sha256"] == w.sha256 {
				return resolve(a.info.Info.ProjectURL, file.URL)
			}
		}
		return "", fmt.Errorf("the package index lists no file of %s %s with SHA-256 %s", w.name, w.version, w.sha256)
	}
}

// resolve makes a file's address absolute: some mirrors of the package index give it relative to the project's page.
func resolve(page, file string) (string, error) {
	base, err := url.Parse(page)
	if err != nil {
		return "", err
	}
	address, err := base.Parse(file)
	if err != nil {
		return "", err
	}
	return address.String(), nil
}

// install fetches w unless its plugin is already there. One process works at a time; the others wait and find it done.
func install(ctx context.Context, w wheel, opts InstallOptions) (string, error) {
	plugin, err := w.path(opts.Dir)
	if err != nil {
		return "", err
	}
	if w.verify(plugin) == nil {
		return plugin, nil
	}
	fail := func(err error) (string, error) {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fmt.Errorf("backend: installing the XLA plugin %s %s: %w: %s", w.name, w.version, err, wayOut)
	}
	if err := os.MkdirAll(filepath.Dir(plugin), 0o755); err != nil {
		return fail(err)
	}
	unlock, err := download.Lock(ctx, filepath.Join(filepath.Dir(plugin), "install.lock"), opts.Out, "the XLA plugin")
	if err != nil {
		return fail(err)
	}
	defer unlock()
	switch err := w.verify(plugin); {
	case err == nil:
		return plugin, nil
	case errors.Is(err, download.ErrChecksum):
		fmt.Fprintln(opts.Out, "xsam: the XLA plugin is not the published one and is installed again:", err)
	}
	if err := w.fetch(ctx, plugin, opts); err != nil {
		return fail(err)
	}
	return plugin, nil
}

// fetch downloads the wheel beside plugin, takes the plugin out of it, checks both, and only then gives plugin its
// name.
func (w wheel) fetch(ctx context.Context, plugin string, opts InstallOptions) error {
	archive := plugin + ".whl"
	address, err := w.find(ctx, w)
	if err != nil {
		return err
	}
	show := download.NewProgress(opts.Out, opts.Terminal, w.size, "XLA plugin for the CPU, kept in "+filepath.Dir(plugin))
	err = download.Fetch(ctx, w.client, address, archive, w.size, download.Digest{SHA256: w.sha256}, show)
	show.Close()
	if err != nil {
		return err
	}
	unpacked := plugin + ".part"
	defer os.Remove(unpacked)
	if err := installer.ExtractFileFromZip(archive, w.inside, unpacked); err != nil {
		return fmt.Errorf("taking %s out of the wheel: %w", w.inside, err)
	}
	if err := (download.Digest{SHA256: w.pluginSHA256}).Check(unpacked); err != nil {
		return err
	}
	if err := os.Chmod(unpacked, 0o755); err != nil {
		return err
	}
	if err := download.Sync(unpacked); err != nil {
		return err
	}
	if err := os.Rename(unpacked, plugin); err != nil {
		return err
	}
	return os.Remove(archive)
}

// installGoXLA installs the CPU plugin of go-xla's own choice, for platforms that the pinned wheel is not built for.
func installGoXLA(ctx context.Context, opts InstallOptions) (string, error) {
	plugin := goXLACPUPath()
	if plugin == "" {
		return "", errors.New("backend: no folder to keep the XLA plugin in: set HOME")
	}
	fmt.Fprintln(opts.Out, "xsam: installing the XLA plugin for the CPU through go-xla, in", filepath.Dir(plugin))
	return plugin, installThrough(ctx, "the XLA plugin", func() error {
		return installer.CPUAutoInstall(filepath.Dir(plugin), true, installer.Quiet)
	})
}

// installThrough runs one of go-xla's installers, which take no context and print on standard output.
func installThrough(ctx context.Context, what string, run func() error) error {
	done := make(chan error, 1)
	go func() { done <- onStderr(run) }()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-done:
		if err != nil {
			return fmt.Errorf("backend: installing %s: %w: %s", what, err, wayOut)
		}
		return nil
	}
}
