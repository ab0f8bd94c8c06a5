package cli

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

var xsam = clitest.Program(newRoot)

func TestHelp(t *testing.T) { xsam.Help(t, "") }

func TestExitCodes(t *testing.T) {
	if stdout, _, code := xsam.Run("--version"); code != exit.Done || !strings.HasPrefix(stdout, "xsam version ") {
		t.Errorf("--version: exit %d, stdout %q", code, stdout)
	}
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"frobnicate":           `no command "frobnicate": want one of`,
		"copare":               "did you mean compare?",
		"data lst":             "did you mean list?",
		"compare --epoch 3":    "did you mean --epochs?",
		"compare --frobnicate": "unknown flag",

		"compare --seeds 1000000000":                                          "1000000000 seeds: want 1 to 100000",
		"compare --seed 9223372036854775807 --seeds 2":                        "want seeds up to 9223372036854775807",
		"compare --devices 1000000":                                           "want 1 to 1024 devices",
		"compare --devices 0":                                                 "want 1 to 1024 devices",
		"compare --on-nonfinite hope":                                         "want one of stop, skip, rollback",
		"train --train-size 1000000000000":                                    "train size = 1000000000000: want",
		"train --validation-size 100000000":                                   "validation size = 100000000: want",
		"train --method xsam:":                                                "want name=value",
		"train --method sam:rho=0.1:rho=0.2":                                  "sets rho twice",
		"train --train-size 16 --batch 32":                                    "want batches of 16 images at most",
		"train --base adamw --decay-all=false":                                "with base optimizer adamw, which decays all",
		"train --base adam --momentum 0.5":                                    "--momentum has no effect with --base adam",
		"bench --image 1000000x1000000x1":                                     "67108864 numbers at most",
		"bench --image 1000x1000x3 --batch 1000":                              "want 89 images at most",
		"bench --classes 1000000000":                                          "want 2 to 10000",
		"bench --devices 1000000":                                             "want 1 to 1024 devices",
		"serve . --addr nowhere":                                              "want host:port",
		"curvature --data glyphs --measure landscape --grid 1000000":          "grid = 1000000: want 2 to 1000",
		"curvature --data glyphs --measure density --density-steps 100000000": "want 1 to 1000",
		"curvature --data glyphs --measure trace --probes 1000000000":         "want 3 to 10000",
		"curvature --data glyphs --train-size 16 --top 1000000000":            "at most a third",
	})
	// What all recipes of a bench share is said once.
	if _, stderr, _ := xsam.Run("bench", "--batch", "0"); strings.Count(stderr, "batch = 0") != 1 {
		t.Errorf("bench --batch 0: stderr %q, want one line about the batch", stderr)
	}
	xsam.Fails(t, exit.Failed, map[string]string{"train --backend vax": "vax"})
}

// Help of every command and of those below it fits two screens of 38 lines. It lists every flag, or --help-all does.
func TestHelpIsShort(t *testing.T) {
	commands := newRoot(io.Discard, io.Discard).Commands()
	for len(commands) > 0 {
		cmd := commands[0]
		commands = append(commands[1:], cmd.Commands()...)
		words := strings.Fields(cmd.CommandPath())[1:]
		help, stderr, code := xsam.Run(append(words, "--help")...)
		if lines := strings.Count(help, "\n"); code != exit.Done || lines > 76 {
			t.Errorf("%s --help: exit %d, %s, %d lines, want 76 at most", cmd.CommandPath(), code, stderr, lines)
		}
		if cmd.Flags().Lookup("help-all") != nil {
			if want := cmd.CommandPath() + " --help-all"; !strings.Contains(help, want) {
				t.Errorf("%s --help does not name %s", cmd.CommandPath(), want)
			}
			if help, stderr, code = xsam.Run(append(words, "--help-all")...); code != exit.Done {
				t.Errorf("%s --help-all: exit %d, %s", cmd.CommandPath(), code, stderr)
			}
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			listed := regexp.MustCompile("(?m)^ +(-., )?--" + f.Name + "( |$)").MatchString(help)
			if !listed && !strings.HasPrefix(f.Name, "help") {
				t.Errorf("%s: the help lists no --%s", cmd.CommandPath(), f.Name)
			}
		})
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if stdout, _, code := xsam.Run("completion", shell); code != exit.Done || len(stdout) < 100 {
			t.Errorf("completion for %s: exit %d, %d bytes", shell, code, len(stdout))
		}
	}
	tests := []struct {
		line string // its last word is what is being completed
		want string
	}{
		{"compare --data ", "fashion-mnist"},
		{"train --method ", "xsam-lite"},
		{"compare --correction ", "oriented"},
		{"compare --format ", "json"},
		{"data verify ", "digits"},
		{"backend install ", "cpu"},
	}
	for _, tt := range tests {
		stdout, _, _ := xsam.Run(append([]string{"__complete"}, strings.Split(tt.line, " ")...)...)
		if !strings.Contains(stdout, tt.want+"\n") {
			t.Errorf("completing %q offers %q, want %s among it", tt.line, stdout, tt.want)
		}
	}
}
