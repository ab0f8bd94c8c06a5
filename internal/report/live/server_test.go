package live

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/report/internal/fixture"
	"github.com/xsam-go/xsam/runlog"
)

// serving starts a server on a folder with the comparisons "first" and "second", beside which lies a file "secret".
func serving(t *testing.T) (address, dir string) {
	t.Helper()
	above := t.TempDir()
	dir = filepath.Join(above, "runs")
	for _, name := range []string{"first", "second"} {
		fixture.Write(t, filepath.Join(dir, name), fixture.Runs{Methods: []string{"sgd", "sam", "xsam"}, Seeds: 2, Epochs: 3})
	}
	if err := os.WriteFile(filepath.Join(above, "secret"), []byte("SECRET"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.Interval = 20 * time.Millisecond
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		s.Close()
	})
	return server.URL, dir
}

// get sends the request line exactly as given: Go's client would clean a path.
func get(t *testing.T, address, method, target, host string) (status int, header http.Header, body string) {
	t.Helper()
	at := strings.TrimPrefix(address, "http://")
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if host == "" {
		host = at
	}
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", method, target, host)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

func TestPages(t *testing.T) {
	address, _ := serving(t)
	status, header, body := get(t, address, "GET", "/", "")
	if status != http.StatusOK || !strings.Contains(body, `href="/c/first"`) || !strings.Contains(body,
		`href="/c/second"`) || !strings.Contains(body, "</progress> 6 runs</p>") {
		t.Errorf("the list: status %d, %s", status, body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("header %s: %q, want %q", name, got, want)
		}
	}
	policy := header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'sha256-", "style-src 'sha256-",
		"connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	status, _, body = get(t, address, "GET", "/c/first", "")
	if status != http.StatusOK || !strings.Contains(body, "xsam against sam on digits") || !strings.Contains(body,
		`data-events="/events/c/first"`) {
		t.Errorf("a comparison: status %d, %s", status, body)
	}
	if status, _, body = get(t, address, "HEAD", "/c/first", ""); status != http.StatusOK || body != "" {
		t.Errorf("HEAD: status %d and %d bytes", status, len(body))
	}
}

// Nothing but the pages of comparisons can be had, however the path is written.
func TestRefusals(t *testing.T) {
	address, dir := serving(t)
	for link, target := range map[string]string{"link": filepath.Dir(dir), "first/linked-run": filepath.Dir(dir),
		"first/outside": "/etc"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skipf("this system cannot make such a file: %v", err)
		}
	}
	for _, target := range []string{
		"/../../etc/passwd", "/c/../../etc/passwd", "/c/..", "/c/.", "/c/", "/c/%2e%2e", "/c/%2e%2e/%2e%2e/etc/passwd",
		"/c/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
		"/c/..%5c..%5cetc%5cpasswd", "/c/%252e%252e%252fetc%252fpasswd", "/c/..;/..;/etc/passwd", "/c//etc/passwd",
		"/c/%2fetc%2fpasswd", "/c/first/../../secret",
		"/c/first/xsam-seed0", "/c/first/xsam-seed0/config.json", "/c/first%00", "/c/first/", "/c/link", "/c/link/secret",
		"/c/%c0%ae%c0%ae/etc/passwd", "/c/FIRST",
		"/events/../../etc/passwd", "/events/c/%2e%2e", "/events/c/nothing", "/events/", "/events/c/", "/runs", "/secret",
		"/favicon.ico", "//etc/passwd", "/c/first?file=../../secret/",
	} {
		status, _, body := get(t, address, "GET", target, "")
		if wanted := strings.HasPrefix(target, "/c/first?"); wanted == (status != http.StatusOK) {
			t.Errorf("GET %s: status %d", target, status)
		}
		if strings.Contains(body, "SECRET") || strings.Contains(body, "root:") {
			t.Errorf("GET %s shows a file: %s", target, body)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"} {
		if status, header, _ := get(t, address, method, "/", ""); status != http.StatusMethodNotAllowed ||
			header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, want %d", method, status, http.StatusMethodNotAllowed)
		}
	}
}

// A link that leads out of the folder is not followed: neither to a run directory nor to a record.
func TestLinksLeadNowhere(t *testing.T) {
	address, dir := serving(t)
	outside := fixture.Write(t, filepath.Join(t.TempDir(), "other"), fixture.Runs{Methods: []string{"outsider"},
		Seeds: 1, Epochs: 3})
	if err := os.Symlink(filepath.Join(outside, "outsider-seed0"), filepath.Join(dir, "first",
		"outsider-seed0")); err != nil {
		t.Skipf("this system cannot make such a file: %v", err)
	}
	record := filepath.Join(dir, "first", "sgd-seed0", runlog.SummaryFile)
	if err := os.Remove(record); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "outsider-seed0", runlog.SummaryFile), record); err != nil {
		t.Fatal(err)
	}
	status, _, body := get(t, address, "GET", "/c/first", "")
	if status != http.StatusOK || strings.Contains(body, "outsider</th>") || !strings.Contains(body,
		"first/sgd-seed0/summary.json cannot be read") {
		t.Errorf("status %d, want the page with a message about the link: %s", status, body)
	}
}

// listen serves dir on a loopback address until stop is called; done has the server's last word.
func listen(t *testing.T, dir string) (address string, stop context.CancelFunc, done <-chan error) {
	t.Helper()
	s, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	l, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	end := make(chan error, 1)
	go func() { end <- s.Serve(ctx, l) }()
	return "http://" + l.Addr().String(), stop, end
}

// On a loopback address the server answers to this machine's names alone.
func TestHosts(t *testing.T) {
	address, stop, done := listen(t, t.TempDir())
	for host, want := range map[string]int{"": http.StatusOK, "localhost:80": http.StatusOK, "[::1]:80": http.StatusOK,
		"evil.example": http.StatusMisdirectedRequest, "evil.example:80": http.StatusMisdirectedRequest} {
		if status, _, _ := get(t, address, "GET", "/", host); status != want {
			t.Errorf("Host %q: status %d, want %d", host, status, want)
		}
	}
	if _, _, body := get(t, address, "GET", "/", ""); !strings.Contains(body, "There are no runs here yet") {
		t.Errorf("an empty folder: %s", body)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("the end of the context: %v, want a clean end", err)
	}
}

func TestServerRefuses(t *testing.T) {
	s, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, wrong := range []string{"nonsense", "127.0.0.1:99999", "256.0.0.1:0"} {
		if _, err := s.Listen(wrong); err == nil {
			t.Errorf("Listen(%q) works", wrong)
		}
	}
	if _, err := New(filepath.Join(t.TempDir(), "nothing")); err == nil {
		t.Error("New on a folder that does not exist works")
	}
}

// Runs that lie in the folder itself are a comparison of the folder's name, beside those in folders below.
func TestRunsInTheFolderItself(t *testing.T) {
	address, dir := serving(t)
	fixture.Write(t, dir, fixture.Runs{Methods: []string{"sgd", "sam"}, Seeds: 1, Epochs: 3})
	_, _, body := get(t, address, "GET", "/", "")
	if !strings.Contains(body, `href="/c/">runs</a>`) || !strings.Contains(body, `href="/c/first"`) ||
		strings.Contains(body, "/c/sgd-seed0") {
		t.Errorf("the list is %s", body)
	}
	if status, _, body := get(t, address, "GET", "/c/", ""); status != http.StatusOK || !strings.Contains(body,
		"runs – X-SAM live") {
		t.Errorf("status %d: %s", status, body)
	}
	for _, other := range []string{"first", "second"} {
		if err := os.RemoveAll(filepath.Join(dir, other)); err != nil {
			t.Fatal(err)
		}
	}
	if status, header, _ := get(t, address, "GET", "/", ""); status != http.StatusSeeOther ||
		header.Get("Location") != "/c/" {
		t.Errorf("status %d, location %q, want the way to the only comparison", status, header.Get("Location"))
	}
}
