package datasets

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/download"
)

// server serves files, cutting the first answers short as it is told.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	files  map[string][]byte
	cuts   int      // answers that break off in the middle
	ranges []string // Range headers, "" for none
	slow   bool     // send half, then wait for the client to go away
}

func newServer(t *testing.T, files map[string][]byte) *server {
	t.Helper()
	s := &server{files: files}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.ranges = append(s.ranges, r.Header.Get("Range"))
	content, ok := s.files[strings.TrimPrefix(r.URL.Path, "/mirror/")]
	cut := s.cuts > 0
	if cut {
		s.cuts--
	}
	s.mu.Unlock()
	switch {
	case !ok:
		http.NotFound(w, r)
	case s.slow:
		w.Write(content[:len(content)/2])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case cut:
		w.Header().Set("Content-Length", strconv.Itoa(len(content))) // more than is sent: the client sees it break
		w.Write(content[:len(content)/2])
	default:
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

// published makes sources of the given files for the length of a test, with digests of their true contents.
func published(t *testing.T, name string, s source, contents map[string][]byte) {
	t.Helper()
	old := sources[name]
	t.Cleanup(func() { sources[name] = old })
	for file, content := range contents {
		digest := download.Digest{}
		if s.unpacked != "" {
			sum := md5.Sum(content)
			digest.MD5 = hex.EncodeToString(sum[:])
		} else {
			sum := sha256.Sum256(content)
			digest.SHA256 = hex.EncodeToString(sum[:])
		}
		s.files = append(s.files, remoteFile{file, int64(len(content)), digest})
	}
	sources[name] = s
}

func TestGet(t *testing.T) {
	content := map[string][]byte{"a.gz": bytes.Repeat([]byte("0123456789"), 5000)}
	published(t, "mnist", source{folder: "mnist"}, content)
	dir := t.TempDir()
	s := newServer(t, content)
	s.cuts = 1
	get := func() ([]GetReport, error) {
		return Get(context.Background(), "mnist", GetOptions{Dir: dir, Mirror: s.URL + "/mirror"})
	}
	path := filepath.Join(dir, "mnist", "a.gz")

	_, err := get()
	if err == nil || !strings.Contains(err.Error(), "after 25000 bytes") || !strings.Contains(err.Error(),
		"goes on where it ended") {
		t.Fatalf("Get through a line that breaks: error %v, want one that says how far it came and what to do", err)
	}
	if _, err := os.Stat(path); err == nil || download.Size(path+".part") != 25000 {
		t.Errorf("after the break %s is there (%v), %d bytes beside it, want half of it beside", path, err == nil,
			download.Size(path+".part"))
	}
	reports, err := get()
	if err != nil || len(reports) != 1 || reports[0] != (GetReport{Path: path, Digest: "SHA-256"}) {
		t.Fatalf("Get again = %+v, %v", reports, err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content["a.gz"]) {
		t.Errorf("%d bytes (%v), want the %d published", len(got), err, len(content["a.gz"]))
	}
	if want := []string{"", "bytes=25000-"}; strings.Join(s.ranges, "|") != strings.Join(want, "|") {
		t.Errorf("ranges asked for %q, want %q: the second call goes on", s.ranges, want)
	}
	reports, err = get()
	if err != nil || !reports[0].Already || len(s.ranges) != 2 {
		t.Errorf("Get of what is there = %+v, %v after %d requests, want nothing fetched", reports, err, len(s.ranges))
	}
	if err := os.WriteFile(path, []byte("spoilt"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := get(); !errors.Is(err, download.ErrChecksum) || !strings.Contains(err.Error(), "delete it") {
		t.Errorf("Get over a spoilt file: error %v, want one about its checksum that says to delete it", err)
	}
}

func TestGetFails(t *testing.T) {
	right := map[string][]byte{"a.gz": []byte("what was published")}
	tests := []struct {
		name   string
		set    string
		mirror string // "" is the server's own
		served map[string][]byte
		want   string
	}{
		{"the file is another", "mnist", "", map[string][]byte{"a.gz": []byte("something else")}, "checksum mismatch"},
		{"the file is larger", "mnist", "", map[string][]byte{"a.gz": make([]byte, 1<<20)},
			"more than the published file has: 1048576 bytes, want 18 at most"},
		{"there is no such file", "mnist", "", nil, "404"},
		{"a mirror that is no address", "mnist", "elsewhere", right, "no http or https address"},
		{"a mirror on this disk", "mnist", "file:///etc", right, "no http or https address"},
		{"a set that is drawn", "glyphs", "", right, "no files to download"},
		{"a set that does not exist", "faces", "", right, "no data set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			published(t, "mnist", source{folder: "mnist"}, right)
			s, dir := newServer(t, tt.served), t.TempDir()
			mirror := s.URL + "/mirror"
			if tt.mirror != "" {
				mirror = tt.mirror
			}
			_, err := Get(context.Background(), tt.set, GetOptions{Dir: dir, Mirror: mirror})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			left, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
			left = slices.DeleteFunc(left, func(path string) bool { return filepath.Base(path) == ".download.lock" })
			if len(left) > 0 {
				t.Errorf("%v is left behind", left)
			}
		})
	}
	if _, err := Get(context.Background(), "mnist", GetOptions{}); err == nil || !strings.Contains(err.Error(),
		"--data-dir") {
		t.Errorf("Get without a folder: error %v, want one that names --data-dir", err)
	}
}

// Ctrl-C ends a download at once and keeps what came.
func TestGetIsCancelled(t *testing.T) {
	content := map[string][]byte{"a.gz": bytes.Repeat([]byte("x"), 300_000)}
	published(t, "mnist", source{folder: "mnist"}, content)
	s, dir := newServer(t, content), t.TempDir()
	s.slow = true
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(200*time.Millisecond, cancel)
	_, err := Get(ctx, "mnist", GetOptions{Dir: dir, Mirror: s.URL + "/mirror"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	if got := download.Size(filepath.Join(dir, "mnist", "a.gz.part")); got != 150_000 {
		t.Errorf("%d bytes are kept, want the 150000 that were sent", got)
	}
}

func TestEverySourceHasADigest(t *testing.T) {
	for name, s := range sources {
		for _, f := range s.files {
			if len(f.digest.SHA256) != 64 && len(f.digest.MD5) != 32 {
				t.Errorf("%s: %s has the digest %+v, want 64 digits of SHA-256 or 32 of MD5", name, f.name, f.digest)
			}
			if known, ok := knownFiles[f.digest.SHA256]; s.unpacked == "" && (!ok || known.set != name) {
				t.Errorf("%s: the SHA-256 of %s is not the one in knownFiles", name, f.name)
			}
		}
	}
}
