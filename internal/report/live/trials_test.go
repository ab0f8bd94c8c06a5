package live

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/report/internal/fixture"
)

// Trials of a search are no comparison: they are not listed, have no page, and are what is waited for.
func TestTrialsAreNotListed(t *testing.T) {
	address, dir := serving(t)
	for i, name := range []string{"sam-trial0", "sam-trial1", "xsam-trial0-seed1001"} {
		fixture.WriteRun(t, filepath.Join(dir, "tune", name), "sam", 1, i, fixture.Runs{Epochs: 3})
	}
	if _, _, body := get(t, address, "GET", "/", ""); strings.Contains(body, "tune") ||
		!strings.Contains(body, "/c/first") {
		t.Errorf("the list has the trials of a search, or not the comparisons:\n%s", body)
	}
	if status, _, _ := get(t, address, "GET", "/c/tune", ""); status != http.StatusNotFound {
		t.Errorf("the page of the trials: status %d, want %d", status, http.StatusNotFound)
	}
	for _, name := range []string{"first", "second"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, body := get(t, address, "GET", "/", ""); !strings.Contains(body, "settings are being tried") {
		t.Errorf("the list of trials alone does not say what goes on:\n%s", body)
	}
	fixture.WriteRun(t, filepath.Join(dir, "tune", "sam-seed0"), "sam", 1, 0, fixture.Runs{Epochs: 3})
	if _, _, body := get(t, address, "GET", "/", ""); !strings.Contains(body, "/c/tune") {
		t.Errorf("a comparison that is called tune is not listed:\n%s", body)
	}
}
