package cli

import (
	"strings"
	"testing"

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
		"frobnicate":           "has no command",
		"compare --frobnicate": "unknown flag",

		"compare --seeds 1000000000":                   "1000000000 seeds: want 1 to 100000",
		"compare --seed 9223372036854775807 --seeds 2": "want seeds up to 9223372036854775807",
		"compare --devices 1000000":                    "1000000 devices: want 1024 at most",
		"compare --on-nonfinite hope":                  "want one of stop, skip, rollback",
		"train --train-size 1000000000000":             "train size = 1000000000000: want",
		"train --validation-size 100000000":            "validation size = 100000000: want",
		"train --method xsam:":                         "want name=value",
		"train --method sam:rho=0.1:rho=0.2":           "sets rho twice",
		"bench --image 1000000x1000000x1":              "67108864 numbers at most",
	})
	xsam.Fails(t, exit.Failed, map[string]string{
		"train --backend vax":     "vax",
		"bench --devices 1000000": "1000000 devices: want 1024 at most",
	})
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
