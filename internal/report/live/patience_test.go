package live

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/report/internal/fixture"
)

// While the page of one comparison is made, which may take a minute, others are answered.
func TestOnePageStopsNoOther(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"first", "second"} {
		fixture.Write(t, filepath.Join(dir, name), fixture.Runs{Methods: []string{"sgd", "sam"}, Seeds: 1, Epochs: 2})
	}
	s, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	making := s.cachedPage("first")
	making.mutex.Lock()
	defer making.mutex.Unlock()
	done := make(chan int, 1)
	go func() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/c/second", nil))
		done <- w.Code
	}()
	select {
	case code := <-done:
		if code != http.StatusOK {
			t.Errorf("status %d, want 200", code)
		}
	case <-time.After(20 * time.Second):
		t.Error("the page of the second comparison waits for that of the first")
	}
}

// A client that reads nothing is left after a while.
func TestClientsThatNeverRead(t *testing.T) {
	dir := t.TempDir()
	fixture.Write(t, filepath.Join(dir, "first"), fixture.Runs{Methods: []string{"sgd", "sam"}, Seeds: 1, Epochs: 2})
	s, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Patience = 100 * time.Millisecond
	ended := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.limit(w)
		for range 100 { // far more than the buffers of the connection hold
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				ended <- struct{}{}
				return
			}
		}
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the server waits for a client that never reads")
	}
}
