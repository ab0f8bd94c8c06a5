package man

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

var xsam = clitest.Of(func(stdout, _ io.Writer) *cobra.Command { return New(stdout) })

// There is a page for each command, with its flags, and it is the same every time.
func TestMan(t *testing.T) {
	t.Chdir(t.TempDir())
	if stdout := xsam.Done(t, "man", "pages"); stdout != "pages\n" {
		t.Errorf("stdout %q, want the folder", stdout)
	}
	page, err := os.ReadFile(filepath.Join("pages", "xsam-man.1"))
	if err != nil || !strings.HasPrefix(string(page), ".nh\n.TH \"XSAM-MAN\" \"1\"") {
		t.Errorf("%q, %v, want a manual page", page, err)
	}
	xsam.Done(t, "man", "again")
	if again, err := os.ReadFile(filepath.Join("again", "xsam-man.1")); err != nil || string(again) != string(page) {
		t.Errorf("the second time the page is\n%s\nwant\n%s (%v)", again, page, err)
	}
	if _, stderr, code := xsam.Run("man", "pages/xsam-man.1"); code != exit.Failed || !strings.Contains(stderr, "another folder") {
		t.Errorf("a file for a folder: exit %d, %q", code, stderr)
	}
}
