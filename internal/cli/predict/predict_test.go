package predict

import (
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

var xsam = clitest.Of(New)

func TestHelp(t *testing.T) { xsam.Help(t, "predict") }

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{"predict": "between 1 and 2 arg"})
	xsam.Fails(t, exit.Failed, map[string]string{"predict nowhere --backend go": "config.json"})
}
