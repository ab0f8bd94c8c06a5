package report

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/cli/compare"
	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/runlog"
)

var xsam = clitest.Of(compare.New, func(stdout, stderr io.Writer) *cobra.Command {
	return New(stdout, stderr, report.Options{Command: compare.CommandLine})
})

func TestHelp(t *testing.T) { xsam.Help(t, "report") }

func TestReport(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, stderr, code := xsam.Run(append([]string{"compare", "--methods", "sgd,sam,xsam", "--seeds", "2", "--quiet",
		"--out", "runs"}, clitest.Tiny()...)...); code != exit.Done {
		t.Fatal(stderr)
	}
	stdout, stderr, code := xsam.Run("report", "runs")
	page, err := os.ReadFile("report.html")
	if code != exit.Done || err != nil || stdout != "report.html\n" || !strings.Contains(string(page),
		"xsam against sam on glyphs with mlp") {
		t.Errorf("exit %d, stdout %q, stderr %q, error %v", code, stdout, stderr, err)
	}
	if !strings.Contains(string(page), "xsam: (b) lower training loss than SAM&#39;s") {
		t.Error("the page has no section about the claims")
	}
	want := "xsam compare --data glyphs --train-size=64 --test-size=32 --model=mlp --epochs=2 --batch=16 " +
		"--eval-every=1 --lambda-examples=32 --methods sgd,sam,xsam --seeds 2"
	if stdout, stderr, code = xsam.Run("report", "runs", "--format", "md"); code != exit.Done || !strings.Contains(stdout,
		"| method | n |") || !strings.Contains(stdout, want) {
		t.Errorf("exit %d, stdout %q, stderr %q, want tables and the command %s", code, stdout, stderr, want)
	}
	single := []string{"report", filepath.Join("runs", "sam-seed0"), filepath.Join("runs", "xsam-seed0"), "--format",
		"md", "--out", "-"}
	if stdout, stderr, code = xsam.Run(single...); code != exit.Done || strings.Count(stdout, "### Runs") != 1 ||
		!strings.Contains(stdout, "2 of 2 runs finished") {
		t.Errorf("run directories: exit %d, stdout %q, stderr %q, want one comparison of two runs", code, stdout, stderr)
	}

	// A broken run costs a warning; only when nothing is there does the command fail.
	if err := os.WriteFile(filepath.Join("runs", "sgd-seed0", runlog.ConfigFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code = xsam.Run("report", "runs", "--out", "two.html"); code != exit.Done || !strings.Contains(stderr,
		"sgd-seed0/config.json is no valid recipe") {
		t.Errorf("a broken run: exit %d, stderr %q", code, stderr)
	}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"report"}, exit.WrongUsage, "at least 1 arg"},
		{[]string{"report", "nowhere"}, exit.Failed, "nowhere does not exist: want a folder with run records"},
		{[]string{"report", "report.html"}, exit.Failed, "report.html is a file"},
		{[]string{"report", "."}, exit.Failed, "holds no run"},
		{[]string{"report", "runs", "--format", "pdf"}, exit.WrongUsage, `--format "pdf": want one of html, md`},
		{[]string{"report", "runs", "--out", "no/such/folder.html"}, exit.Failed, "choose another place with --out"},
	} {
		if _, stderr, code := xsam.Run(tt.args...); code != tt.code || !strings.Contains(stderr, tt.want) {
			t.Errorf("xsam %s: exit %d, stderr %q, want %d and %q", strings.Join(tt.args, " "), code, stderr, tt.code, tt.want)
		}
	}
}

// A page takes the place of an older one in one piece, and is not written when it was stopped.
func TestReportIsWrittenInOnePiece(t *testing.T) {
	dir := t.TempDir()
	if err := runlog.WriteConfig(filepath.Join(dir, "sam-seed3"), map[string]any{"method": "sam", "seed": 3}); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(out, []byte("an older one"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	code := xsam.Start(ctx, &stdout, &stderr, "report", dir, "--out", out)
	if text, err := os.ReadFile(out); code != exit.Interrupted || err != nil || string(text) != "an older one" {
		t.Errorf("stopped: exit %d, %d bytes, %v, want 130 and the older page", code, len(text), err)
	}
	link := filepath.Join(t.TempDir(), "link.html")
	if err := os.Symlink(out, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	xsam.Done(t, "report", dir, "--out", link)
	if text, err := os.ReadFile(out); err != nil || !bytes.HasPrefix(text, []byte("<!DOCTYPE")) {
		t.Errorf("%.20q, %v, want the page, where the link leads", text, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), "*")); len(left) != 1 {
		t.Errorf("%v, want the page alone", left)
	}
	if err := write(dir, []byte("page")); err == nil {
		t.Error("a page was written in the place of a folder")
	}
}
