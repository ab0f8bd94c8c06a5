package report

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

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

	// Without a folder it is the newest where runs go.
	if err := os.MkdirAll(filepath.Join("xsam-runs", "one"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join("xsam-runs", "two"), os.DirFS("runs")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join("xsam-runs", "one"), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, code = xsam.Run("report", "--format", "md"); code != exit.Done || !strings.Contains(stdout, "### two") {
		t.Errorf("the newest: exit %d, stdout %q, stderr %q, want two", code, stdout, stderr)
	}
	if err := os.RemoveAll("xsam-runs"); err != nil {
		t.Fatal(err)
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
		{[]string{"report"}, exit.WrongUsage, "no folder of runs in xsam-runs"},
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

// Figures lie where --figures says, in three formats and the size that --figure-size says, and the page links them;
// --overlay takes two comparisons.
func TestFigures(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, stderr, code := xsam.Run(append([]string{"compare", "--methods", "sgd,sam,xsam", "--seeds", "2", "--quiet",
		"--out", "one"}, clitest.Tiny()...)...); code != exit.Done {
		t.Fatal(stderr)
	}
	if err := os.CopyFS("two", os.DirFS("one")); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := xsam.Run("report", "one", "--figures", "pictures/of one", "--figure-size", "8x6", "--out",
		"page/one.html"); code != exit.Failed || !strings.Contains(stderr, "choose another place with --out") {
		t.Errorf("exit %d, %q: want an error about the folder of the page", code, stderr)
	}
	if err := os.Mkdir("page", 0o755); err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, code := xsam.Run("report", "one", "--figures", "pictures/of one", "--figure-size", "8x6", "--out",
		"page/one.html"); code != exit.Done {
		t.Fatalf("exit %d, %q, %q", code, stdout, stderr)
	}
	page, err := os.ReadFile(filepath.Join("page", "one.html"))
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`href="(\.\./pictures/[^"]*)" download`).FindAllStringSubmatch(string(page), -1)
	if len(links) < 3*8 {
		t.Errorf("%d links, want those of eight figures at least in three formats", len(links))
	}
	for _, link := range links {
		path, err := url.PathUnescape(link[1])
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join("page", path)); err != nil || info.Size() == 0 {
			t.Errorf("the page links %s: %v", link[1], err)
		}
	}
	if pdf, err := os.ReadFile(filepath.Join("pictures", "of one", "differences.pdf")); err != nil ||
		!strings.Contains(string(pdf), "/MediaBox [0 0 226.77 170.08]") { // 8 by 6 cm at 72 points an inch
		t.Errorf("the size of differences.pdf is another: %v", err)
	}
	if _, stderr, code := xsam.Run("report", "one", "two", "--overlay", "--figures", "both"); code != exit.Done {
		t.Fatalf("exit %d, %q", code, stderr)
	}
	if _, stderr, code := xsam.Run("report", "one", "./one", "--figures", "same", "--out", "-"); code != exit.Done {
		t.Fatalf("exit %d, %q", code, stderr)
	}
	for _, file := range []string{"both/one/train-loss.svg", "both/two/train-loss.csv", "both/one-and-two/train-loss.pdf",
		"same/one/cost.pdf", "same/one-2/cost.pdf"} {
		if _, err := os.Stat(filepath.FromSlash(file)); err != nil {
			t.Error(err)
		}
	}
	if text, err := os.ReadFile("report.html"); err != nil || !strings.Contains(string(text),
		"one and two, laid over each other") {
		t.Errorf("the page has no overlay: %v", err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"one", "--overlay"}, "--overlay of 1 comparisons: want two folders"},
		{[]string{"one", "two", "--overlay", "--format", "md"}, "leave --format md out"},
		{[]string{"one", "--figure-size", "8x6"}, "--figures"},
		{[]string{"one", "--figures", "x", "--figure-size", "8"}, "want WIDTHxHEIGHT"},
	} {
		if _, stderr, code := xsam.Run(append([]string{"report"}, tt.args...)...); code != exit.WrongUsage ||
			!strings.Contains(stderr, tt.want) {
			t.Errorf("xsam report %q: exit %d, %q, want %d and %q", tt.args, code, stderr, exit.WrongUsage, tt.want)
		}
	}
}

// No comparison gets the folder of another one, also where one has the name that another's number makes.
func TestFoldersOfFigures(t *testing.T) {
	var all []*report.Comparison
	for _, name := range []string{"a-3", "a", "a", "a-4", "a"} {
		all = append(all, &report.Comparison{Name: name})
	}
	var f figures
	f.name(all)
	for i, want := range []string{"a-3", "a", "a-4", "a-4-4", "a-5"} {
		if got := f.folders[all[i]]; got != want {
			t.Errorf("comparison %d, %s, has the folder %q, want %q", i+1, all[i].Name, got, want)
		}
	}
}

// The trials of a search are no comparison; the folder of the runs is named.
func TestReportOfTrials(t *testing.T) {
	top := t.TempDir()
	t.Chdir(top)
	for _, name := range []string{"sam-trial0", "xsam-trial0", "xsam-trial1"} {
		method, _, _ := strings.Cut(name, "-")
		config := map[string]any{"method": method, "seed": 1000}
		if err := runlog.WriteConfig(filepath.Join("runs", "tune", name), config); err != nil {
			t.Fatal(err)
		}
	}
	for dir, at := range map[string]string{filepath.Join("runs", "tune"): ".", ".": filepath.Join("runs", "tune")} {
		t.Chdir(filepath.Join(top, at))
		if _, stderr, code := xsam.Run("report", dir, "--out", "-"); code != exit.Failed || !strings.Contains(stderr,
			dir+" holds the trials of a search") || !strings.Contains(stderr, "chosen settings, ") {
			t.Errorf("report %s: exit %d, %q, want that these are trials", dir, code, stderr)
		}
	}
}
