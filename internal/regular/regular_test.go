package regular

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		if err := os.WriteFile(path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("small", "abc")
	write("sparse", "")
	if err := os.Truncate(path("sparse"), 1<<40); err != nil {
		t.Skip("no sparse files here:", err)
	}
	if err := os.Symlink(path("loop"), path("loop")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	for name, want := range map[string]string{
		"small": "", "sparse": "1099511627776 bytes: want 3 at most", ".": "no regular file", "loop": "loop",
		"gone": "no such file",
	} {
		text, err := Read(path(name), 3)
		inFS, errFS := ReadFS(os.DirFS(dir), name, 3)
		for _, err := range []error{err, errFS} {
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", name, err, want)
			}
		}
		if want == "" && (string(text) != "abc" || string(inFS) != "abc") {
			t.Errorf("%s: read %q and %q", name, text, inFS)
		}
	}
}
