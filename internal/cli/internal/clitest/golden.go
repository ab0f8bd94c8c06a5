package clitest

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

var update = flag.Bool("update", false, "write the golden files anew")

// packageDir is where the tests start.
var packageDir, _ = os.Getwd()

// Golden compares text with a file under testdata.
func Golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join(packageDir, "testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s\n(go test -update writes the golden files anew)", path, got, want)
	}
}

// Help compares the help of commands, "data get" for instance, with golden files.
func (p Program) Help(t *testing.T, commands ...string) {
	t.Helper()
	for _, command := range commands {
		args := append(strings.Fields(command), "--help")
		stdout, stderr, code := p.Run(args...)
		if code != exit.Done || stderr != "" {
			t.Errorf("xsam %v: exit %d, stderr %q, want help on stdout", args, code, stderr)
		}
		Golden(t, strings.Join(append([]string{"help"}, strings.Fields(command)...), "-")+".txt", stdout)
	}
}

var (
	numbers = regexp.MustCompile(`[0-9]+([.][0-9]+)?(e[+-]?[0-9]+)?`)
	blanks  = regexp.MustCompile(` +`)
)

// Blurred is a text with its measured numbers, and the alignment that goes by them, taken out.
func Blurred(text string) string {
	text = numbers.ReplaceAllString(text, "#")
	text = regexp.MustCompile(`([<=]) #`).ReplaceAllString(text, "= #")
	text = regexp.MustCompile(`[+-] ?#`).ReplaceAllString(text, "#")
	text = blanks.ReplaceAllString(text, " ")
	return regexp.MustCompile(`(# ± #|#) (p = #|–) (higher|lower|not distinguishable|no test)\n`).ReplaceAllString(text,
		"DIFFERENCE\n")
}
