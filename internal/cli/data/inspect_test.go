package data

import (
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
)

func TestInspect(t *testing.T) {
	t.Chdir("../../../datasets/own/testdata")
	stdout := xsam.Done(t, "data", "inspect", "csv:iris.csv", "--label", "species")
	clitest.Golden(t, "inspect-iris.txt", stdout)
}
