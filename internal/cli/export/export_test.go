package export

import (
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

var xsam = clitest.Of(New)

func TestHelp(t *testing.T) { xsam.Help(t, "export") }

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"export":                     "accepts 1 arg",
		"export runs":                "--to FILE",
		"export runs --to net.pt":    ".safetensors",
		"export runs --to net.npz x": "accepts 1 arg",
	})
	xsam.Fails(t, exit.Failed, map[string]string{
		"export nowhere --to net.npz --backend go":                  "config.json",
		"export nowhere --to net.npz --backend go --checkpoint all": "config.json",
	})
}
