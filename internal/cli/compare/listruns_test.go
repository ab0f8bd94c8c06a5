package compare

import (
	"reflect"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/runlog"
)

// The runs that are listed, each made by its own command in any order, are those that one command makes, to the bit,
// and a second call of a command makes nothing anew.
func TestListRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append(strings.Fields("compare --methods sgd,xsam:alpha=0.5 --seeds 2 --rho 0.1"), clitest.Tiny()...)
	xsam.Done(t, append(args, "--out", "together")...)

	args = append(args, "--out", "apart")
	stdout, stderr, code := xsam.Run(append(args, "--list-runs")...)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if code != exit.Done || len(lines) != 4 || !strings.HasSuffix(lines[1], " --rho=0.1 --seeds=2 --test-size=32 "+
		"--train-size=64 --out=apart --quiet --only=xsam_alpha=0.5-seed0") {
		t.Fatalf("exit %d, %q, want four commands, the flags as they were given, and a run each", code, stdout)
	}
	if runs, err := runlog.ReadRuns("."); err != nil || len(runs) > 0 {
		t.Errorf("%d runs, %v, want none made", len(runs), err)
	}
	for _, i := range []int{3, 0, 2, 1, 1} {
		xsam.Done(t, strings.Fields(strings.TrimPrefix(lines[i], "xsam "))...)
	}
	_, table, found := strings.Cut(stderr, "and then the table: xsam ")
	if !found {
		t.Fatalf("stderr %q, want the command of the table", stderr)
	}
	if stdout := xsam.Done(t, strings.Fields(table)...); !strings.Contains(stdout, "xsam:alpha=0.5") {
		t.Errorf("%q, want the table", stdout)
	}
	apart, err := runlog.ReadRuns("apart")
	if err != nil {
		t.Fatal(err)
	}
	together, err := runlog.ReadRuns("together")
	if err != nil || len(apart) != len(together) {
		t.Fatalf("%d runs apart, %d together, %v", len(apart), len(together), err)
	}
	for i := range apart {
		got, want := untimed(apart[i].Records), untimed(together[i].Records)
		if string(apart[i].Raw) != string(together[i].Raw) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", apart[i].Dir, got, want)
		}
	}
}

func untimed(records []runlog.Record) []runlog.Record {
	for i := range records {
		records[i].StepSeconds, records[i].Seconds = runlog.Number{}, runlog.Number{}
	}
	return records
}
