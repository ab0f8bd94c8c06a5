// Package examples runs the examples.
package examples

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// run builds and runs an example and returns what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", binary, "./"+name).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	command := exec.Command(binary, args...)
	var errors strings.Builder
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, out, errors.String())
	}
	return string(out)
}

// number returns what follows the text in the output.
func number(t *testing.T, out, text string) float64 {
	t.Helper()
	found := regexp.MustCompile(regexp.QuoteMeta(text) + `\s*([-+0-9.e]+)`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("no %q in %q", text, out)
	}
	x, err := strconv.ParseFloat(strings.TrimRight(found[1], "."), 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestMoons(t *testing.T) {
	if out := run(t, "gomlx", "-steps", "300"); number(t, out, "test accuracy") < 85 {
		t.Error(out)
	}
	if out := run(t, "gomlx", "-steps", "30", "-progress"); !strings.Contains(out, "λ") || !strings.Contains(out, "Gradient norm") {
		t.Errorf("no λ and no norm in the progress bar: %s", out)
	}
}

func TestPhysics(t *testing.T) {
	if out := run(t, "physics", "-steps", "300"); !(number(t, out, "solution") < 0.3) {
		t.Error(out)
	}
}

// The transformer goes on where it was stopped, to the same loss.
func TestTransformer(t *testing.T) {
	dir := t.TempDir()
	whole := run(t, "transformer", "-steps", "40")
	run(t, "transformer", "-steps", "23", "-dir", dir)
	if rest := run(t, "transformer", "-steps", "40", "-dir", dir); rest != whole {
		t.Errorf("resumed %q, without a stop %q", rest, whole)
	}
	if !(number(t, whole, "loss") < 2.2) { // ln 11 is 2.4
		t.Error(whole)
	}
	if cut := run(t, "transformer", "-steps", "10", "-parts", "4"); !(number(t, cut, "loss") < 3) {
		t.Error(cut)
	}
}

// A convolutional net of GoMLX's own layers can be measured.
func TestConvnet(t *testing.T) {
	if out := run(t, "convnet", "-steps", "60"); !(number(t, out, "λ1") > 0) {
		t.Error(out)
	}
}
