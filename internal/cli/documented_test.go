package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every xsam command in a ```sh block of the README and of docs/ runs, with fewer images and epochs than it is written with.
func TestDocumentedCommands(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, args := range documentedCommands(string(text)) {
			commands++
			t.Run(filepath.Base(file)+": "+shorten(strings.Join(args, " ")), func(t *testing.T) { runSmall(t, args) })
		}
	}
	if commands == 0 {
		t.Error("no xsam command found in the README and docs/: the search is broken")
	}
}

// documentedCommands returns the arguments of the xsam commands in the ```sh blocks of a Markdown text.
func documentedCommands(text string) (commands [][]string) {
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			inside = line == "```sh"
			continue
		}
		rest, ok := strings.CutPrefix(line, "go run ./cmd/xsam")
		if !ok {
			rest, ok = strings.CutPrefix(line, "xsam ")
		}
		if inside && ok {
			commands = append(commands, strings.Fields(rest))
		}
	}
	return commands
}

// runSmall runs a command in a size that takes seconds. Flags that come later win.
func runSmall(t *testing.T, args []string) {
	t.Helper()
	if i := slices.Index(args, "--data"); i >= 0 && i+1 < len(args) && args[i+1] != "glyphs" && os.Getenv(DataDirVariable) == "" {
		t.Skipf("needs the files of %s: name their folder in %s", args[i+1], DataDirVariable)
	}
	out := t.TempDir()
	for i, arg := range args {
		args[i] = strings.ReplaceAll(strings.ReplaceAll(arg, `"$XSAM_DATA"`, os.Getenv(DataDirVariable)), "DIR", out)
	}
	if args[0] == "compare" || args[0] == "train" {
		args = append(args, "--backend", "go", "--epochs", "1", "--train-size", "32", "--test-size", "16", "--batch", "16",
			"--lambda-products", "0", "--quiet", "--out", out)
	}
	if args[0] == "compare" {
		args = append(args, "--seeds", "1")
	}
	var stdout, stderr bytes.Buffer
	if err := run(context.Background(), args, &stdout, &stderr); err != nil {
		t.Errorf("xsam %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	if stdout.Len() == 0 {
		t.Errorf("xsam %s printed nothing", strings.Join(args, " "))
	}
}

func shorten(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
