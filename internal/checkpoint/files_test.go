package checkpoint

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Where a file cannot have a second name, it is copied.
func TestLinkOrCopy(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	if err := os.WriteFile(from, []byte("weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, []byte("older and longer"), 0o644); err != nil { // so that os.Link fails
		t.Fatal(err)
	}
	if err := linkOrCopy(from, to); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(to); err != nil || !slices.Equal(text, []byte("weights")) {
		t.Errorf("%q (%v), want the copy", text, err)
	}
}
