package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docsCommand is a command line of a document.
type docsCommand struct {
	place string // file and line
	args  []string
	data  bool // it wants the folder with the data sets
}

// testMark stands on the line before a ```sh block whose commands are run by TestDocs. Readers of the document do not see it.
const testMark = "<!-- test -->"

// docsCommands returns the xsam commands of the marked blocks of a document: the lines that begin with "xsam " or
// "go run ./cmd/xsam ". A backslash at its end continues a line.
func docsCommands(name, text string) (commands []docsCommand) {
	lines := strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n")
	marked, inside := false, false
	for i, line := range lines {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			inside = marked && line == "```sh"
			marked = false
		case inside:
			for _, program := range []string{"xsam", "go run ./cmd/xsam"} {
				if line == program || strings.HasPrefix(line, program+" ") {
					commands = append(commands, docsCommand{
						place: fmt.Sprintf("%s line %d", name, i+1), args: words(strings.TrimPrefix(line, program)),
						data: strings.Contains(line, "$"+DataDirVariable),
					})
				}
			}
		case line != "":
			marked = line == testMark
		}
	}
	return commands
}

// words splits a line as a shell does, as far as documents need it: at blanks, with $VARIABLE and "quotes", up to a comment.
func words(line string) (args []string) {
	for _, word := range strings.Fields(line) {
		if strings.HasPrefix(word, "#") {
			break
		}
		args = append(args, os.ExpandEnv(strings.Trim(word, `"'`)))
	}
	return args
}

// reduced makes a command of a document small: the last of several flags of a name counts.
func reduced(args []string, out string) []string {
	if len(args) == 0 || (args[0] != "compare" && args[0] != "train") {
		return args
	}
	small := "--train-size 32 --test-size 16 --batch 16 --epochs 1 --eval-every 0 --lambda-examples 16 --lambda-products 3 --backend go --quiet --force --out " + out
	if args[0] == "compare" {
		small += " --seeds 1"
	}
	return append(append([]string{}, args...), strings.Fields(small)...)
}

// Commands that documents show must work. They are run with few images on the engine that needs no installation.
func TestDocs(t *testing.T) {
	root := filepath.Join(packageDir, "..", "..")
	documents := []string{filepath.Join(root, "README.md")}
	more, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(documents, more...) {
		text, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		for _, c := range docsCommands(filepath.Base(path), string(text)) {
			t.Run(c.place+" xsam "+strings.Join(c.args, " "), func(t *testing.T) {
				if c.data && os.Getenv(DataDirVariable) == "" {
					t.Skipf("%s is not set", DataDirVariable)
				}
				t.Chdir(t.TempDir())
				if _, stderr, code := xsam(t, reduced(c.args, "runs")...); code != exitDone {
					t.Errorf("exit %d: %s", code, stderr)
				}
			})
		}
	}
}

func TestDocsCommands(t *testing.T) {
	t.Setenv("PLACE", "/data")
	text := strings.Join([]string{
		"Run", "", "```sh", "xsam not-marked", "```", "", testMark, "", "```sh", "make", "xsam compare --data digits \\", `  --data-dir "$PLACE"  # eight seeds`,
		"go run ./cmd/xsam backend", "```", "", "```sh", "xsam no-longer-marked", "```",
	}, "\n")
	got := docsCommands("README.md", text)
	if len(got) != 2 || strings.Join(got[0].args, "|") != "compare|--data|digits|--data-dir|/data" || strings.Join(got[1].args, "|") != "backend" {
		t.Errorf("commands %+v, want compare on /data, and backend", got)
	}
	if small := strings.Join(reduced(got[0].args, "runs"), " "); !strings.HasPrefix(small, "compare --data digits") || !strings.Contains(small, "--epochs 1") {
		t.Errorf("reduced to %q, want the command with few epochs", small)
	}
}
