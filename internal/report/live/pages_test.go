package live

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/runlog"
)

// A card says what was trained, how many of the planned runs have ended, whether one is going on, and the verdict when
// all have.
func TestCards(t *testing.T) {
	address, dir := serving(t)
	list := func() string {
		t.Helper()
		status, _, body := get(t, address, "GET", "/", "")
		if status != http.StatusOK {
			t.Fatalf("status %d: %s", status, body)
		}
		return regexp.MustCompile(`(?s)<a href="/c/first">.*?</li>`).FindString(body)
	}
	contains := func(when string, wanted ...string) {
		t.Helper()
		card := list()
		for _, want := range wanted {
			if not, ok := strings.CutPrefix(want, "not "); ok == strings.Contains(card, strings.TrimPrefix(want, "not ")) {
				t.Errorf("%s: the card is %s, want it with %q (%v)", when, card, not, !ok)
			}
		}
	}
	contains("all done", "digits · mlp · 3 epochs", `value="6" max="6"`, "> 6 runs<", "xsam against sam on digits")
	asked := `{"methods": ["sgd", "sam"], "seed": 0, "seeds": 3}` // two of each are there
	if err := os.WriteFile(filepath.Join(dir, "first", runlog.ComparisonFile), []byte(asked), 0o644); err != nil {
		t.Fatal(err)
	}
	contains("two more planned", `value="6" max="8"`, "6 of 8 runs, stands still", "not xsam against sam")
	summary, claim := filepath.Join(dir, "first", "xsam-seed1", runlog.SummaryFile), filepath.Join(dir, "first",
		"xsam-seed1", runlog.ClaimFile)
	if err := os.Remove(summary); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(claim, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	contains("one is training", "5 of 8 runs, going on", "digits · mlp")
	old := time.Now().Add(-2 * runlog.StaleAfter)
	if err := os.Chtimes(claim, old, old); err != nil {
		t.Fatal(err)
	}
	contains("its process has gone", "5 of 8 runs, stands still")
}

// Two comparisons are laid over each other on a page of their own, which each of them links.
func TestOverlay(t *testing.T) {
	address, _ := serving(t)
	if _, _, body := get(t, address, "GET", "/c/first", ""); !strings.Contains(body, `href="/over/first/second"`) {
		t.Error("the page of a comparison does not link the overlay with the other")
	}
	status, _, body := get(t, address, "GET", "/over/first/second", "")
	for _, want := range []string{"first and second, laid over each other", "first: xsam", "second: xsam", "first: sam",
		`data-events="/events/over/first/second"`, `id="o-train-loss"`, `href="/figure/pdf/train-loss/over/first/second"`,
		`href="/figure/csv/cost/c/second"`} {
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("status %d; the overlay lacks %q", status, want)
		}
	}
	for _, target := range []string{"/over/first", "/over/first/", "/over/first/first", "/over/first/nothing", "/over/",
		"/over/first/second/..", "/over/../first", "/events/over/first/nothing"} {
		if status, _, _ := get(t, address, "GET", target, ""); status != http.StatusNotFound {
			t.Errorf("GET %s: status %d, want %d", target, status, http.StatusNotFound)
		}
	}
}

// Every figure that a page links can be had, and nothing else.
func TestFigures(t *testing.T) {
	address, _ := serving(t)
	_, _, body := get(t, address, "GET", "/c/first", "")
	links := regexp.MustCompile(`href="(/figure/(svg|pdf|csv)/[^"]*)"`).FindAllStringSubmatch(body, -1)
	if len(links) < 3*8 {
		t.Fatalf("%d links to figures, want those of eight figures at least in %q", len(links), report.FileFormats())
	}
	begins := map[string]string{"svg": "<?xml", "pdf": "%PDF-", "csv": ""}
	for _, link := range links {
		status, header, content := get(t, address, "GET", link[1], "")
		if status != http.StatusOK || !strings.HasPrefix(content, begins[link[2]]) || len(content) < 40 ||
			!strings.HasPrefix(header.Get("Content-Disposition"), "attachment; ") {
			t.Errorf("GET %s: status %d, %v, %.40q", link[1], status, header, content)
		}
	}
	for _, target := range []string{"/figure/gif/train-loss/c/first", "/figure/pdf/nothing/c/first", "/figure/pdf//c/first",
		"/figure/pdf/train-loss", "/figure/pdf/train-loss/", "/figure/pdf/train-loss/c/nothing",
		"/figure/pdf/" + url.PathEscape("../../secret") + "/c/first", "/figure/csv/train-loss/c/..", "/figure/", "/figure/pdf"} {
		if status, _, _ := get(t, address, "GET", target, ""); status != http.StatusNotFound {
			t.Errorf("GET %s: status %d, want %d", target, status, http.StatusNotFound)
		}
	}
}
