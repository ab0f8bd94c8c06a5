package data

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

var xsam = clitest.Of(New)

func TestHelp(t *testing.T) { xsam.Help(t, "data", "data list", "data get", "data inspect") }

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"data verify":                     "want one or more of",
		"data verify faces":               `"faces": want one or more of glyphs`,
		"data get faces --data-dir data":  `"faces": want one or more of mnist`,
		"data get glyphs --data-dir data": `"glyphs": want one or more of mnist`,
	})
	xsam.Fails(t, exit.Failed, map[string]string{
		"data verify digits --data-dir nowhere":               "digits",
		"data get mnist":                                      "--data-dir",
		"data get mnist --data-dir data --mirror file:///etc": "no http or https address",
	})
}

func TestData(t *testing.T) {
	stdout, _, code := xsam.Run("data", "list", "--data-dir", t.TempDir())
	if code != exit.Done {
		t.Fatalf("exit %d", code)
	}
	clitest.Golden(t, "data-list.txt", stdout)

	stdout, _, code = xsam.Run("data", "verify", "glyphs")
	if code != exit.Done || !strings.HasPrefix(stdout, "glyphs: ") {
		t.Errorf("data verify glyphs: exit %d, stdout %q", code, stdout)
	}
	dir := clitest.Data(t)
	stdout, stderr, code := xsam.Run("data", "verify", "digits", "--data-dir", dir)
	if code != exit.Done || !strings.HasPrefix(stdout, "digits: 1797 images") || !strings.Contains(stdout, "178") {
		t.Errorf("data verify digits: exit %d, stdout %q, stderr %q, want 1797 images and the counts of the classes", code,
			stdout, stderr)
	}
}

// The published files, from a server that has them, pass their pinned checksums and are what Load wants.
func TestDataGet(t *testing.T) {
	data := clitest.Data(t)
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(data, "fashion-mnist"))))
	defer server.Close()
	dir := t.TempDir()
	args := []string{"data", "get", "fashion-mnist", "--data-dir", dir, "--mirror", server.URL}
	stdout, stderr, code := xsam.Run(args...)
	if code != exit.Done || strings.Count(stdout, "SHA-256 as published") != 4 || strings.Count(stderr,
		"downloading the data set fashion-mnist") != 4 {
		t.Fatalf("exit %d, stdout %q, stderr %q, want four files", code, stdout, stderr)
	}
	if stdout, stderr, code := xsam.Run(args...); code != exit.Done || strings.Count(stdout, "was there") != 4 ||
		stderr != "" {
		t.Errorf("again: exit %d, stdout %q, stderr %q, want nothing downloaded", code, stdout, stderr)
	}
	if stdout, stderr, code := xsam.Run("data", "verify", "fashion-mnist", "--data-dir", dir); code != exit.Done ||
		!strings.Contains(stdout, "60000 training images, 10000 test images") {
		t.Errorf("verify: exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	// A server with other content than the published.
	_, stderr, code = xsam.Run("data", "get", "cifar10", "--data-dir", t.TempDir(), "--mirror", server.URL)
	if code != exit.Failed || !strings.Contains(stderr, "404") {
		t.Errorf("from a server without it: exit %d, stderr %q, want a failure with 404", code, stderr)
	}
}
