package backend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/download"
)

// verifiable is an installed fake plugin whose times are taken for settled.
func verifiable(t *testing.T) (f *fakeWheel, plugin string) {
	t.Helper()
	old := settled
	settled = -time.Hour
	t.Cleanup(func() { settled = old })
	f = newFakeWheel(t)
	plugin, err := install(t.Context(), f.wheel, InstallOptions{Dir: t.TempDir(), Out: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return f, plugin
}

// A file of the plugin's size and times in its place is found, however it came there, and a whole one is read once.
func TestVerify(t *testing.T) {
	other := func(f *fakeWheel) []byte {
		b := bytes.Clone(f.plugin)
		b[len(b)/2] ^= 1
		return b
	}
	tests := []struct {
		name  string
		spoil func(t *testing.T, f *fakeWheel, plugin string) error
	}{
		{"one bit is changed in it", func(t *testing.T, f *fakeWheel, plugin string) error {
			file, err := os.OpenFile(plugin, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = file.WriteAt(other(f), 0)
			return errors.Join(err, file.Close())
		}},
		{"another takes its name", func(t *testing.T, f *fakeWheel, plugin string) error {
			return errors.Join(os.WriteFile(plugin+".new", other(f), 0o755), os.Rename(plugin+".new", plugin))
		}},
		{"it is cut short", func(t *testing.T, f *fakeWheel, plugin string) error { return os.Truncate(plugin, 1000) }},
		{"a folder is in its place", func(t *testing.T, f *fakeWheel, plugin string) error {
			return errors.Join(os.Remove(plugin), os.Mkdir(plugin, 0o755))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, plugin := verifiable(t)
			if err := f.verify(plugin); err != nil {
				t.Fatal(err)
			}
			before, err := os.Stat(plugin)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond) // longer than a tick of the kernel's clock
			if err := tt.spoil(t, f, plugin); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(plugin, before.ModTime(), before.ModTime()); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := f.verify(plugin); !errors.Is(err, download.ErrChecksum) || !strings.Contains(err.Error(), plugin) {
					t.Errorf("error %v, want a checksum mismatch with the file's name", err)
				}
			}
		})
	}
	t.Run("what was verified is not read again", func(t *testing.T) {
		f, plugin := verifiable(t)
		if err := f.verify(plugin); err != nil {
			t.Fatal(err)
		}
		kept, err := os.ReadFile(plugin + verifiedSuffix)
		info, statErr := os.Stat(plugin)
		if err != nil || statErr != nil || string(kept) != f.state(plugin, info) {
			t.Fatalf("kept %q (%v), want the state of the file", kept, err)
		}
		wrong := f.wheel
		wrong.pluginSHA256 = strings.Repeat("0", 64)
		if err := os.WriteFile(plugin+verifiedSuffix, []byte(wrong.state(plugin, info)), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := wrong.verify(plugin); err != nil {
			t.Errorf("with its state kept: %v, want it not to be read", err)
		}
		if err := wrong.readThrough(plugin); !errors.Is(err, download.ErrChecksum) {
			t.Errorf("read through: %v, want a checksum mismatch", err)
		}
		if err := wrong.verify(plugin); !errors.Is(err, download.ErrChecksum) {
			t.Errorf("after that: %v, want what was kept to be forgotten", err)
		}
	})
	t.Run("a file that has just been changed is read again the next time", func(t *testing.T) {
		f, plugin := verifiable(t)
		settled = time.Hour
		if err := f.verify(plugin); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(plugin + verifiedSuffix); err == nil {
			t.Error("its state is kept")
		}
	})
}

// A plugin that is not the published one is fetched again, with a line that says so.
func TestInstallReplacesWhatIsNotThePlugin(t *testing.T) {
	f, plugin := verifiable(t)
	if err := os.WriteFile(plugin, make([]byte, len(f.plugin)), 0o755); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	dir := filepath.Dir(filepath.Dir(plugin))
	if _, err := install(t.Context(), f.wheel, InstallOptions{Dir: dir, Out: &out}); err != nil {
		t.Fatal(err)
	}
	f.installed(t, plugin)
	if first, _, _ := strings.Cut(out.String(), "\n"); !strings.Contains(first, plugin) ||
		!strings.Contains(first, "installed again") || !strings.Contains(first, sum(f.plugin)) {
		t.Errorf("printed %q, want a line that names the file, its checksum and the right one", out.String())
	}
}

// What is not what was published is not loaded: it is installed again, or the error says both.
func TestNeededPluginIsVerified(t *testing.T) {
	mismatch := fmt.Errorf("%w: /cpu.so has another", download.ErrChecksum)
	with := func(noInstall bool, err error) machine {
		m := machineWith(false, "/cpu.so", "", noInstall, err)
		m.verify = func(string) error { return mismatch }
		return m
	}
	if got, err := with(false, nil).needCPU(t.Context(), Options{}); err != nil || got != "/installed/cpu" {
		t.Errorf("got %q, error %v, want it to be installed again", got, err)
	}
	for _, tt := range []struct {
		m    machine
		want string
	}{{with(true, nil), "GOMLX_NO_AUTO_INSTALL"}, {with(false, errors.New("no network")), "no network"}} {
		_, err := tt.m.needCPU(context.Background(), Options{})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "/cpu.so has another") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line with %q and what is wrong with the file", err, tt.want)
		}
	}
}

// A file of the pinned plugin's size in its place is never loaded: not by auto, nor by name, nor by its path.
func TestOpenDoesNotLoadWhatIsNotThePinnedPlugin(t *testing.T) {
	if !pinnedWorksHere() {
		t.Skip("the pinned plugin is for 64-bit x86 Linux")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("GOMLX_NO_AUTO_INSTALL", "1")
	t.Setenv("GOMLX_BACKEND", "")
	path, err := pinnedPath()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err == nil {
		err = errors.Join(file.Truncate(pinnedCPU.pluginSize), file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"xla", path, "xla:" + path} {
		if engine, err := Open(t.Context(), Options{Name: name}); !errors.Is(err, download.ErrChecksum) ||
			!strings.Contains(err.Error(), "not loaded") {
			t.Errorf("Open(%s) = %v, %v, want a checksum mismatch", name, engine, err)
		}
	}
	var out bytes.Buffer
	engine, err := Open(t.Context(), Options{Name: "auto", Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Finalize()
	if engine.Name != "go" || !strings.Contains(engine.Fallback, path) || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("Open(auto) = %s, fallback %q, printed %q, want pure Go and one line that names the file", engine.Name,
			engine.Fallback, out.String())
	}
}
