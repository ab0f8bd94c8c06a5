package backend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/download"
)

// A connection that breaks leaves the beginning, and the next install asks for the rest only.
func TestInstallResumes(t *testing.T) {
	f := newFakeWheel(t)
	half := len(f.body) / 2
	f.serve = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(f.body)))
		w.Write(f.body[:half]) // and the connection ends: fewer bytes than announced
	}
	opts := InstallOptions{Dir: t.TempDir(), Out: io.Discard}
	if path, err := install(t.Context(), f.wheel, opts); err == nil {
		t.Fatalf("install = %q over a broken connection, want an error", path)
	}
	var asked string
	f.serve = func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("Range")
		f.whole(w, r)
	}
	path, err := install(t.Context(), f.wheel, opts)
	if err != nil {
		t.Fatal(err)
	}
	f.installed(t, path)
	if want := fmt.Sprintf("bytes=%d-", half); asked != want {
		t.Errorf("the second install asked for %q, want %q", asked, want)
	}
}

// What was left by another program, or by a server that knows no ranges, ends well all the same.
func TestInstallOverLeftovers(t *testing.T) {
	tests := []struct {
		name      string
		leftover  func(f *fakeWheel) []byte
		noRanges  bool
		downloads int32
	}{
		{"a wrong beginning is thrown away", func(f *fakeWheel) []byte { return []byte("wrong") }, false, 2},
		{"a whole wheel is used", func(f *fakeWheel) []byte { return f.body }, false, 1}, // one question, no bytes
		{"a wheel with too much behind it", func(f *fakeWheel) []byte { return append(bytes.Clone(f.body), "more"...) },
			false, 2},
		{"a server without ranges sends all of it", func(f *fakeWheel) []byte { return f.body[:100] }, true, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeWheel(t)
			if tt.noRanges {
				f.serve = func(w http.ResponseWriter, r *http.Request) { w.Write(f.body) }
			}
			dir := t.TempDir()
			plugin, err := f.path(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Dir(plugin), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(plugin+".whl", tt.leftover(f), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(plugin, []byte("truncated plugin"), 0o755); err != nil {
				t.Fatal(err)
			}
			path, err := install(t.Context(), f.wheel, InstallOptions{Dir: dir, Out: io.Discard})
			if err != nil {
				t.Fatal(err)
			}
			f.installed(t, path)
			if got := f.requests.Load(); got != tt.downloads {
				t.Errorf("%d requests, want %d", got, tt.downloads)
			}
		})
	}
}

// Of several installs at once one downloads; the others wait for it.
func TestInstallAtOnce(t *testing.T) {
	f := newFakeWheel(t)
	f.serve = func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond) // long enough for the others to come
		f.whole(w, r)
	}
	opts := InstallOptions{Dir: t.TempDir(), Out: io.Discard}
	var wg sync.WaitGroup
	paths := make([]string, 4)
	for i := range paths {
		wg.Go(func() {
			path, err := install(t.Context(), f.wheel, opts)
			if err != nil {
				t.Error(err)
			}
			paths[i] = path
		})
	}
	wg.Wait()
	for _, path := range paths {
		f.installed(t, path)
	}
	if got := f.requests.Load(); got != 1 {
		t.Errorf("%d downloads by four installs at once, want 1", got)
	}
}

// A cancelled install ends at once, with the context's error and nothing in the plugin's place.
func TestInstallCancelled(t *testing.T) {
	f := newFakeWheel(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.serve = func(w http.ResponseWriter, r *http.Request) {
		w.Write(f.body[:100])
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	}
	dir := t.TempDir()
	if path, err := install(ctx, f.wheel, InstallOptions{Dir: dir, Out: io.Discard}); !errors.Is(err, context.Canceled) {
		t.Errorf("install = %q, error %v, want context.Canceled", path, err)
	}
	if plugin, _ := f.path(dir); download.Size(plugin) != 0 {
		t.Errorf("%s is there after a cancelled installation", plugin)
	}
}
