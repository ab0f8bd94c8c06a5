package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// docsCommand is a command line of a document.
type docsCommand struct {
	place string // file and line
	args  []string
	data  bool // it wants the folder with the data sets
}

// docsCommands returns the xsam commands of a document's ```sh blocks: the lines that are, or begin with, "xsam" or
// "go run ./cmd/xsam". A backslash at its end continues a line.
func docsCommands(name, text string) (commands []docsCommand) {
	lines := strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n")
	inside := false
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			inside = line == "```sh"
			continue
		}
		for _, program := range []string{"xsam", "go run ./cmd/xsam"} {
			if inside && (line == program || strings.HasPrefix(line, program+" ")) {
				commands = append(commands, docsCommand{
					place: fmt.Sprintf("%s line %d", name, i+1), args: words(strings.TrimPrefix(line, program)),
					data: wantsData(line),
				})
			}
		}
	}
	return commands
}

// wantsData tells whether a command line reads files: it names their folder, or a data set other than glyphs.
func wantsData(line string) bool {
	return strings.Contains(line, "$"+flags.DataDirVariable) ||
		(strings.Contains(line, "--data ") && !strings.Contains(line, "--data glyphs"))
}

// words splits a line as a shell does, as far as documents need it: at blanks, with $VARIABLE and "quotes", up to a
// comment.
func words(line string) (args []string) {
	for _, word := range strings.Fields(line) {
		if strings.HasPrefix(word, "#") {
			break
		}
		args = append(args, os.ExpandEnv(strings.Trim(word, `"'`)))
	}
	return args
}

// reduced makes a command of a document small: the last of several flags of a name counts. Of commands that cannot be
// made small, or want the network or the records of others, only the flags are checked.
func reduced(args []string, out string) []string {
	switch {
	case len(args) == 0:
		return args
	case args[0] == "curvature":
		return reducedCurvature(args, out)
	case args[0] == "report" && len(args) > 1: // of the run of trainedForDocs
		args = slices.Clone(args)
		for i := 1; i < len(args) && !strings.HasPrefix(args[i], "-"); i++ {
			args[i] = out
		}
		return args
	case args[0] == "export" || args[0] == "predict":
		return append(slices.Clone(args), "--backend", "go")
	case args[0] == "bench":
		return append(slices.Clone(args), strings.Fields("--model mlp --batch 8 --rounds 1 --steps 1 --warmup 1 "+
			"--memory=false --backend go --devices 1 --quiet")...)
	case len(args) > 1 && slices.Contains([]string{"reproduce run", "reproduce verdict", "data get"},
		args[0]+" "+args[1]):
		return append(slices.Clone(args), "--help")
	case args[0] == "advise":
		return append(slices.Clone(args), strings.Fields("--model mlp --train-size 32 --test-size 16 --batch 16 --epochs 1 "+
			"--backend go --quiet")...)
	case args[0] != "compare" && args[0] != "train":
		return args
	case slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "DIR") }): // records of others
		return append(slices.Clone(args), "--help")
	}
	small := "--train-size 16 --test-size 8 --batch 8 --epochs 1 --eval-every 0 --lambda-examples 8 " +
		"--lambda-products 2 --backend go --quiet --force --out " + out
	own := slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "onnx:") })
	if !own && (!testbackend.Thorough() || slices.Contains(args, "auto")) { // convolutions take seconds on this engine
		small += " --model mlp"
	}
	if args[0] == "compare" {
		small += " --seeds 1"
	}
	if slices.Contains(args, "--list-runs") || slices.Contains(args, "--slurm") {
		small = strings.Replace(small, " --force", "", 1)
	}
	return append(append([]string{}, args...), strings.Fields(small)...)
}

// reducedCurvature takes the run of trainedForDocs in the place of RUN_DIR, which documents name first, and few
// products.
func reducedCurvature(args []string, out string) []string {
	small := "--examples 16 --batch 16 --top 2 --max-products 12 --tolerance 0.9 --probes 3 --density-steps 3 --density-probes 1 " +
		"--grid 2 --backend go --quiet"
	args = slices.Clone(args)
	if len(args) > 1 && !strings.HasPrefix(args[1], "-") {
		args[1] = filepath.Join(out, "sgd-seed0")
		if !slices.Contains(args, "all") && !slices.Contains(args, "init") {
			small += " --checkpoint last"
		}
		if slices.Contains(args, "--from") {
			small += " --from init"
		}
	} else {
		small += " --train-size 32"
	}
	return append(args, strings.Fields(small)...)
}

// trainedForDocs leaves two small runs with snapshots under out.
func trainedForDocs(t *testing.T, out string) {
	t.Helper()
	for _, method := range []string{"sgd", "sam"} {
		xsam.Done(t, strings.Fields("train --model mlp --train-size 32 --test-size 16 --batch 16 --epochs 3 --keep-every 1 "+
			"--curvature-every 1 --backend go --quiet --out "+out+" --method "+method)...)
	}
}

// Commands that documents show must work. They are run with few images on the engine that needs no installation, and on
// the small perceptron where convolutions would take it seconds; all on their own models with CI set.
func TestDocs(t *testing.T) {
	testbackend.SkipSlow(t)
	root := filepath.Join(packageDir, "..", "..")
	documents := []string{filepath.Join(root, "README.md")}
	for _, pattern := range []string{"docs/*.md", "docs/studies/*.md"} {
		more, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, more...)
	}
	trained := filepath.Join(t.TempDir(), "runs")
	trainedForDocs(t, trained)
	found := 0
	for _, path := range documents {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range docsCommands(filepath.Base(path), string(text)) {
			found++
			t.Run(c.place+" xsam "+strings.Join(c.args, " "), func(t *testing.T) {
				if c.data && os.Getenv(flags.DataDirVariable) == "" {
					t.Skipf("%s is not set", flags.DataDirVariable)
				}
				t.Chdir(t.TempDir())
				if len(c.args) > 0 && slices.Contains([]string{"curvature", "report"}, c.args[0]) {
					if err := os.CopyFS("runs", os.DirFS(trained)); err != nil {
						t.Fatal(err)
					}
				}
				stdout, stderr, code := xsam.Run(reduced(c.args, "runs")...)
				if code != exit.Done || stdout == "" {
					t.Errorf("exit %d, standard output %q: %s", code, stdout, stderr)
				}
				if small := reduced(c.args, "runs"); c.args[0] == "compare" && slices.Contains(small, "--train-size") &&
					!slices.Contains(c.args, "--slurm") && !slices.Contains(c.args, "auto") { // its own model: planned only
					if _, stderr, code := xsam.Run(append(slices.Clone(c.args), "--list-runs")...); code != exit.Done {
						t.Errorf("exit %d of --list-runs: %s", code, stderr)
					}
				}
			})
		}
	}
	if found == 0 {
		t.Error("no xsam command in the README and docs: the search is broken")
	}
}

func TestDocsCommands(t *testing.T) {
	t.Setenv("PLACE", "/data")
	text := strings.Join([]string{
		"Run", "", "```go", "xsam not a shell block", "```", "", "```sh", "make", "xsam compare --data digits \\",
		`  --data-dir "$PLACE"  # eight seeds`, "go run ./cmd/xsam backend", "```", "", "xsam outside",
	}, "\n")
	got := docsCommands("README.md", text)
	if len(got) != 2 || strings.Join(got[0].args, "|") != "compare|--data|digits|--data-dir|/data" ||
		strings.Join(got[1].args, "|") != "backend" {
		t.Errorf("commands %+v, want compare on /data, and backend", got)
	}
	for line, want := range map[string]string{
		"curvature out/sam-seed3 --checkpoint epoch:9": "curvature runs/sgd-seed0 --checkpoint epoch:9 .* --checkpoint last$",
		"curvature out/sam-seed3 --checkpoint all":     "curvature runs/sgd-seed0 --checkpoint all .* --quiet$",
		"curvature --data glyphs --model cnn":          "curvature --data glyphs --model cnn .* --train-size 32$",
	} {
		if small := strings.Join(reduced(words(line), "runs"), " "); !regexp.MustCompile(want).MatchString(small) {
			t.Errorf("%s is reduced to %q, want %q", line, small, want)
		}
	}
	small := strings.Join(reduced(got[0].args, "runs"), " ")
	if !strings.HasPrefix(small, "compare --data digits") || !strings.Contains(small, "--epochs 1") {
		t.Errorf("reduced to %q, want the command with few epochs", small)
	}
}

// The commands of docs/your-own.md work on data of the kinds that it names.
func TestYourOwnDocs(t *testing.T) {
	testbackend.SkipSlow(t)
	text, err := os.ReadFile(filepath.Join(packageDir, "..", "..", "docs", "your-own.md"))
	if err != nil {
		t.Fatal(err)
	}
	networks(t)
	ownData(t, ".")
	commands := docsCommands("your-own.md", strings.ReplaceAll(string(text), "```console", "```sh"))
	if len(commands) < 8 {
		t.Errorf("%d commands, want more: the search is broken", len(commands))
	}
	for _, c := range commands {
		if c.args[0] == "serve" || slices.Equal(c.args, []string{"report", "maxima"}) { // of the Go program; examples runs it
			continue
		}
		if stdout, stderr, code := xsam.Run(reduced(c.args, "runs")...); code != exit.Done || stdout == "" {
			t.Errorf("%s: xsam %s: exit %d: %s", c.place, strings.Join(c.args, " "), code, stderr)
		}
	}
}
