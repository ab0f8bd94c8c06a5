package data

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

func TestInspect(t *testing.T) {
	t.Chdir("../../../datasets/own/testdata")
	stdout := xsam.Done(t, "data", "inspect", "csv:iris.csv", "--label", "species")
	clitest.Golden(t, "inspect-iris.txt", stdout)
}

// Of images of several sizes it says what is there, and what to give.
func TestInspectSizes(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, width := range map[string]int{"a/1.png": 3, "a/2.png": 3, "b/1.png": 3, "b/2.png": 8} {
		path := filepath.Join("photos", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(file, image.NewGray(image.Rect(0, 0, width, 4))); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	if err := os.WriteFile("photos/b/bad.png", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := xsam.Run("data", "inspect", "folder:photos")
	if code != exit.Failed || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "--image 32x32x1") {
		t.Errorf("exit %d, stderr %q, want one line with --image 32x32x1", code, stderr)
	}
	for _, want := range []string{"2 sizes", "3 of 4×3×1, 1 of 4×8×1", "b/bad.png: empty", "one of 2 classes"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("stdout %q, want %q in it", stdout, want)
		}
	}
}
