package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
)

const inOtherEnvironment = "XSAM_TEST_IN_OTHER_ENVIRONMENT"

// The program compared with itself, in another environment: both processes train, and each method is set beside itself.
func TestAgainstItself(t *testing.T) {
	testbackend.XLA(t) // installs it, or skips
	var out, messages bytes.Buffer
	args := "-model mlp -image 4x4x1 -batch 8 -methods sgd,xsam -steps 1 -rounds 6 -against . -against-env " +
		inOtherEnvironment + "=1"
	if err := run(t.Context(), strings.Fields(args), &out, &messages); err != nil {
		t.Fatalf("%v\n%s", err, messages.String())
	}
	const number = `[0-9.]+ \[[0-9.]+, [0-9.]+\]`
	for _, want := range []string{
		`(?m)^mlp with 19978 parameters.* over 6 rounds`,
		`(?m)^xsam, \. XSAM_TEST_IN_OTHER_ENVIRONMENT=1 +xsam +` + number + ` +` + number + `$`,
		`(?m)^xsam sgd +xsam, \. XSAM_TEST_IN_OTHER_ENVIRONMENT=1 sgd +` + number + ` +` + number + `$`,
		`(?m)^xsam xsam +xsam, \. XSAM_TEST_IN_OTHER_ENVIRONMENT=1 xsam +` + number + ` +` + number + `$`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("table\n%s\nwant %s in it", out.String(), want)
		}
	}
}

// A build of another revision has that revision's module and this command.
func TestBuildOfARevision(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the module again")
	}
	// What is not committed may belong to this command's sources and to the module both.
	if err := exec.Command("git", "diff", "--quiet", "HEAD", "--", ":/*.go", ":/go.mod").Run(); err != nil {
		t.Skipf("git diff: %v: this is no clone without changes", err)
	}
	dir := t.TempDir()
	path, err := build(t.Context(), "HEAD", dir, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "tree", "optimizer.go")); err != nil {
		t.Error(err)
	}
	cmd := exec.Command(path, "serve", "{")
	if text, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(text), "serve: unexpected end of JSON") {
		t.Errorf("serve { says %q (%v), want that the setting has no end", text, err)
	}
}

func TestBuildOfAnUnknownRevision(t *testing.T) {
	if err := exec.Command("git", "rev-parse", "HEAD").Run(); err != nil {
		t.Skipf("git rev-parse HEAD: %v: this is no clone", err)
	}
	if _, err := build(context.Background(), "no-such-revision", t.TempDir(), io.Discard); err == nil ||
		!strings.Contains(err.Error(), "want a revision that git knows") {
		t.Errorf("error %v, want that git does not know it", err)
	}
}
