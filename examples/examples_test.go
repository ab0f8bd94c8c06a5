// Package examples runs the examples.
package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
)

// run builds and runs an example and returns what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return runIn(t, ".", build(t, name), args...)
}

// build builds an example and returns the path of its binary.
func build(t *testing.T, name string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", binary, "./"+name).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// runIn runs a binary in a folder and returns what it prints.
func runIn(t *testing.T, dir, binary string, args ...string) string {
	t.Helper()
	command := exec.Command(binary, args...)
	command.Dir = dir
	var errors strings.Builder
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s%s", filepath.Base(binary), args, err, out, errors.String())
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
	testbackend.SkipSlow(t)
	binary := build(t, "gomlx")
	if out := runIn(t, ".", binary, "-steps", "300"); number(t, out, "test accuracy") < 85 {
		t.Error(out)
	}
	if out := runIn(t, ".", binary, "-steps", "30", "-progress"); !strings.Contains(out, "λ") || !strings.Contains(out, "Gradient norm") {
		t.Errorf("no λ and no norm in the progress bar: %s", out)
	}
}

func TestPhysics(t *testing.T) {
	testbackend.SkipSlow(t)
	if out := run(t, "physics", "-steps", "300"); !(number(t, out, "solution") < 0.3) {
		t.Error(out)
	}
}

// The transformer goes on where it was stopped, to the same loss.
func TestTransformer(t *testing.T) {
	testbackend.SkipSlow(t)
	t.Setenv("GOMLX_BACKEND", "go") // XLA would compile for a minute
	binary, dir := build(t, "transformer"), t.TempDir()
	whole := runIn(t, ".", binary, "-steps", "40")
	runIn(t, ".", binary, "-steps", "23", "-dir", dir)
	if rest := runIn(t, ".", binary, "-steps", "40", "-dir", dir); rest != whole {
		t.Errorf("resumed %q, without a stop %q", rest, whole)
	}
	if !(number(t, whole, "loss") < 2.2) { // ln 11 is 2.4
		t.Error(whole)
	}
	if cut := runIn(t, ".", binary, "-steps", "10", "-parts", "4"); !(number(t, cut, "loss") < 3) {
		t.Error(cut)
	}
}

// A convolutional net of GoMLX's own layers can be measured.
func TestConvnet(t *testing.T) {
	testbackend.SkipSlow(t)
	if out := run(t, "convnet", "-steps", "60"); !(number(t, out, "λ1") > 0) {
		t.Error(out)
	}
}

// The program of docs/your-own.md is this one, is short, and goes on where it was stopped: here, at its end.
func TestOwn(t *testing.T) {
	testbackend.SkipSlow(t)
	program, err := os.ReadFile("own/main.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/your-own.md")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(program), "\n"); lines >= 60 {
		t.Errorf("the smallest program has %d lines, want fewer than 60", lines)
	}
	if !strings.Contains(string(page), "```go\n"+string(program)+"```") {
		t.Error("docs/your-own.md shows another program than examples/own/main.go: copy it there")
	}
	t.Setenv("GOMLX_BACKEND", "go")
	binary, dir := build(t, "own"), t.TempDir()
	first := runIn(t, dir, binary)
	if number(t, first, "sam") != 4 || !strings.Contains(first, "test accuracy") {
		t.Errorf("it prints no row of 4 runs of SAM:\n%s", first)
	}
	if again := runIn(t, dir, binary); again != first {
		t.Errorf("made again it prints %s, want %s", again, first)
	}
}
