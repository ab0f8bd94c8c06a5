package backend

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/download"
)

// fakeWheel is a small published wheel and the server that holds it.
type fakeWheel struct {
	wheel
	body     []byte // of the wheel
	plugin   []byte
	requests atomic.Int32
	// serve answers one request; nil is http.ServeContent, which knows ranges.
	serve func(w http.ResponseWriter, r *http.Request)
}

func newFakeWheel(t *testing.T) *fakeWheel {
	t.Helper()
	f := &fakeWheel{plugin: make([]byte, 300_000)} // random: does not compress
	rand.Read(f.plugin)
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for name, content := range map[string][]byte{"pkg/__init__.py": nil, "pkg/plugin.so": f.plugin} {
		file, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.body = archive.Bytes()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		if f.serve != nil {
			f.serve(w, r)
			return
		}
		f.whole(w, r)
	}))
	t.Cleanup(server.Close)
	f.wheel = wheel{
		name: "fake", version: "1", inside: "pkg/plugin.so",
		sha256: sum(f.body), size: int64(len(f.body)),
		pluginSHA256: sum(f.plugin), pluginSize: int64(len(f.plugin)),
		find:   func(context.Context, wheel) (string, error) { return server.URL, nil },
		client: server.Client(),
	}
	return f
}

// whole serves the wheel, or the range of it that was asked for.
func (f *fakeWheel) whole(w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "fake.whl", time.Time{}, bytes.NewReader(f.body))
}

// installed checks that the plugin is there, whole, alone with its lock, and executable.
func (f *fakeWheel) installed(t *testing.T, path string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, f.plugin) {
		t.Errorf("%s is not the plugin of the wheel", path)
	}
	if names := list(t, filepath.Dir(path)); fmt.Sprint(names) != "[install.lock plugin.so]" {
		t.Errorf("the folder holds %v, want the plugin and the lock alone", names)
	}
	if info, _ := os.Stat(path); info.Mode().Perm()&0o100 == 0 {
		t.Errorf("%s has mode %v, want it executable", path, info.Mode())
	}
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestInstall(t *testing.T) {
	f := newFakeWheel(t)
	var out bytes.Buffer
	opts := InstallOptions{Dir: t.TempDir(), Out: &out}
	path, err := install(t.Context(), f.wheel, opts)
	if err != nil {
		t.Fatal(err)
	}
	f.installed(t, path)
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "downloading") {
		t.Errorf("without a terminal it printed %q, want one line", got)
	}
	if again, err := install(t.Context(), f.wheel, opts); err != nil || again != path || f.requests.Load() != 1 {
		t.Errorf("the second install gave %q, %v after %d downloads, want %q after one", again, err, f.requests.Load(), path)
	}
}

func TestInstallDrawsABarOnATerminal(t *testing.T) {
	f := newFakeWheel(t)
	var out bytes.Buffer
	if _, err := install(t.Context(), f.wheel, InstallOptions{Dir: t.TempDir(), Out: &out, Terminal: true}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "% |") || !strings.HasSuffix(got, "\r") {
		t.Errorf("it drew %q, want a bar that is taken away at the end", got)
	}
}

// A file that is not the published one is never kept, neither the wheel nor the plugin.
func TestInstallChecksum(t *testing.T) {
	t.Run("of the wheel", func(t *testing.T) {
		f := newFakeWheel(t)
		f.wheel.sha256 = sum(nil)
		checkRefused(t, f, "checksum mismatch")
	})
	t.Run("of the plugin inside", func(t *testing.T) {
		f := newFakeWheel(t)
		f.wheel.pluginSHA256 = sum(nil)
		checkRefused(t, f, "checksum mismatch")
	})
	t.Run("a server that answers with an error page", func(t *testing.T) {
		f := newFakeWheel(t)
		f.serve = func(w http.ResponseWriter, r *http.Request) { http.Error(w, "gone", http.StatusGone) }
		checkRefused(t, f, "410 Gone")
	})
}

func checkRefused(t *testing.T, f *fakeWheel, want string) {
	t.Helper()
	dir := t.TempDir()
	path, err := install(t.Context(), f.wheel, InstallOptions{Dir: dir, Out: io.Discard})
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--backend go") {
		t.Fatalf("install = %q, error %v, want an error that says %q and names the way out", path, err, want)
	}
	if plugin, _ := f.path(dir); download.Size(plugin) != 0 {
		t.Errorf("%s is there after a failed installation", plugin)
	}
}

func TestInstallUnknownEngine(t *testing.T) {
	if _, err := Install(t.Context(), InstallOptions{Engine: "tpu"}); err == nil || !strings.Contains(err.Error(),
		"want cpu or cuda") {
		t.Errorf("Install(tpu): error %v, want one that names the choices", err)
	}
}

func TestResolve(t *testing.T) {
	tests := []struct{ name, page, file, want string }{
		{"an absolute address stays", "https://index.test/project/p/", "https://files.test/a/p.whl",
			"https://files.test/a/p.whl"},
		{"a relative one belongs to the project's page", "https://index.test/project/p/", "../../files/a/p.whl",
			"https://index.test/files/a/p.whl"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := resolve(tt.page, tt.file); err != nil || got != tt.want {
				t.Errorf("resolve(%q, %q) = %q, %v, want %q", tt.page, tt.file, got, err, tt.want)
			}
		})
	}
}

// The pinned wheel's own installation is what [Status] reports, where it was installed.
func TestStatusChecksThePinnedPlugin(t *testing.T) {
	if !pinnedWorksHere() {
		t.Skip("the pinned plugin is for 64-bit x86 Linux")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	cpu := Status().Plugins[0]
	if cpu.Installed() || !isPinned(cpu.Path) {
		t.Errorf("in an empty cache: %+v, want the pinned plugin, not installed", cpu)
	}
	if err := os.MkdirAll(filepath.Dir(cpu.Path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(cpu.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Truncate(pinnedCPU.pluginSize); err != nil { // right size, zeros inside
		t.Fatal(err)
	}
	cpu = Status().Plugins[0]
	if !cpu.Installed() || !errors.Is(cpu.Checked, download.ErrChecksum) {
		t.Errorf("with zeros in its place: %+v, want a checksum mismatch", cpu)
	}
}
