package experiment

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// changing are the system calls with which a run changes files.
const changing = "openat,write,pwrite64,fsync,fdatasync,ftruncate,truncate,mkdirat,unlinkat,renameat,renameat2,linkat,close"

// A run that is killed before any of the system calls with which it writes, or whose machine loses its power there, is
// gone on with, has the same bits at the end, and has lost one checkpoint at most. What was written and not brought to
// disk is lost with the power: the contents, or the contents and the names.
func TestStoppedAtEveryWrite(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs")
	}
	strace, err := exec.LookPath("strace")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("CI is set and strace is not here: %v", err)
	}
	if err != nil {
		t.Skipf("what a run writes is found by strace, which is not here: %v", err)
	}
	cases := faultCases()
	c := cases[slices.IndexFunc(cases, func(c faultCase) bool { return c.name == "TensorBoard" })]
	whole := c.whole(t)
	base, log := t.TempDir(), filepath.Join(t.TempDir(), "log")
	dir := filepath.Join(base, "run")
	cmd := exec.Command(strace, "-f", "-xx", "-s", "10000000", "-e", "signal=none", "-e", "trace="+changing, "-o", log,
		os.Args[0], "-test.run=^TestRunToBeKilled$")
	cmd.Env = append(os.Environ(), killDirVariable+"="+dir, killCaseVariable+"="+c.name)
	if out, err := cmd.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "ptrace") {
			t.Skipf("strace may not look at processes here: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	all := traced(t, log)
	d := disk{base: base, root: newFolder(), open: map[int]*node{}, at: map[int]int{}}
	every, stops := 37, 0
	if long() {
		every = 1
	}
	for i, o := range all {
		before := d.state()
		o.does(&d)
		if d.state() == before {
			continue // it is no change of the run's
		}
		if stops++; stops%every > 0 {
			continue
		}
		for _, p := range []power{kept, named, synced} {
			what := fmt.Sprintf("stopped after call %d of %d, %v, power: %v", i, len(all), o, p)
			stopped := t.TempDir()
			d.root.leave(t, stopped, p)
			resumed, last := d.goOn(t, c, stopped)
			if last-resumed > 1 {
				t.Errorf("%s: it goes on from step %d, and there was a checkpoint of step %d", what, resumed, last)
			}
			c.same(t, what, filepath.Join(stopped, "run"), whole)
			if err := os.RemoveAll(stopped); err != nil {
				t.Fatal(err)
			}
			if t.Failed() {
				t.FailNow()
			}
		}
	}
	if t.Logf("%d calls changed something; stopped three times at each of %d", stops, stops/every); stops < 200 {
		t.Errorf("%d calls that changed something, want some hundred", stops)
	}
}

// state tells whether something has changed.
func (d *disk) state() string { return d.root.state() }

func (n *node) state() string {
	if n.names == nil {
		return fmt.Sprintf("%p %d %d %p", n, len(n.data), len(n.durable), slices.Clip(n.data))
	}
	var all []string
	for name, child := range n.names {
		all = append(all, name+" "+child.state())
	}
	for name, child := range n.synced {
		all = append(all, fmt.Sprintf("%s %p", name, child))
	}
	slices.Sort(all)
	return "{" + strings.Join(all, ",") + "}"
}

// goOn goes on with the run and returns the step from which it went on, and that of the newest checkpoint there was.
func (d *disk) goOn(t *testing.T, c faultCase, stopped string) (resumed, last int) {
	t.Helper()
	resumed = -1
	if _, err := c.make(t, filepath.Join(stopped, "run"), func(o *Options) {
		o.Progress = func(p Progress) {
			switch {
			case resumed >= 0:
			case p.Stage == Training:
				resumed = p.Step - 1
			case p.Stage == Measuring:
				resumed = p.Step
			case p.Stage == Skipped: // it had finished
				resumed = math.MaxInt
			}
		}
	}); err != nil {
		t.Errorf("going on: %v", err)
	}
	if run := d.root.names["run"]; run != nil && run.names[runlog.CheckpointDir] != nil {
		for name := range run.names[runlog.CheckpointDir].names {
			var number, day, time, step int
			if n, _ := fmt.Sscanf(name, "checkpoint-n%d-%d-%d-step-%d.json", &number, &day, &time, &step); n == 4 &&
				strings.HasSuffix(name, ".json") {
				last = max(last, step)
			}
		}
	}
	return resumed, last
}
