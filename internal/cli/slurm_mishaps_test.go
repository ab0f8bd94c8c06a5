//go:build linux

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/runlog"
)

// long is a run that takes long enough for what happens to it.
func long(out string, more ...string) []string {
	return append(strings.Fields("compare --methods xsam --seeds 1 --model mlp --train-size 64 --test-size 32 --batch 8 "+
		"--epochs 300 --eval-every 100 --lambda-examples 32 --backend go --quiet --out "+out), more...)
}

func (c *cluster) mishaps(t *testing.T) {
	t.Chdir(t.TempDir())
	x := c.start(t, long("apart", "--slurm")...)
	task := c.task(t, "apart")
	for _, mishap := range []struct {
		what string
		do   func()
	}{
		{"put back into the queue", func() { c.call(t, "scontrol", "requeue", task) }},
		{"given notice by a signal to its shell", func() { c.call(t, "scancel", "--batch", "--signal=TERM", task) }},
		{"given notice by a signal to all its processes", func() { c.call(t, "scancel", "--full", "--signal=TERM", task) }},
		{"killed with its node", func() {
			for _, process := range []string{"slurmstepd: [", "slurm_script", "--only=xsam-seed0"} {
				c.kill(t, process)
			}
			c.call(t, "scontrol", "update", "NodeName="+c.node, "State=DOWN", "Reason=test")
			c.waitFor(t, task, "PENDING")
			c.call(t, "scontrol", "update", "NodeName="+c.node, "State=RESUME") // if it has not come back by itself
		}},
	} {
		c.waitFor(t, task, "RUNNING")
		before := steps("apart")
		c.wait(t, "step after "+before, func() bool { return steps("apart") != before })
		mishap.do()
		c.hurry(t, task)
		if kept, _ := filepath.Glob("apart/xsam-seed0/checkpoint/*.manifest"); len(kept) == 0 {
			t.Errorf("%s: no checkpoint", mishap.what)
		}
		if len(c.call(t, "squeue", "-h", "-r")) == 0 {
			t.Fatalf("%s: it was over before", mishap.what)
		}
	}
	x.ends(t, exit.Done)
	sameRuns(t, "apart", c.reference(t), 1)
}

// reference is the folder of the long run that nothing happens to.
func (c *cluster) reference(t *testing.T) string {
	t.Helper()
	out := filepath.Join(c.dir, "together")
	if _, err := os.Stat(out); err != nil {
		xsam.Done(t, long(out)...)
	}
	return out
}

// task is the only one of the first job in a folder, once it has a number.
func (c *cluster) task(t *testing.T, out string) (name string) {
	t.Helper()
	id := regexp.MustCompile(`"id": "(\d+)"`)
	c.wait(t, "job", func() bool {
		text, _ := os.ReadFile(filepath.Join(out, "slurm", "job1.json"))
		if m := id.FindSubmatch(text); m != nil {
			name = string(m[1]) + "_1"
		}
		return name != ""
	})
	return name
}

// steps are how far the run in a folder has recorded.
func steps(out string) string {
	info, err := os.Stat(filepath.Join(out, "xsam-seed0", runlog.MetricsFile))
	if err != nil {
		return "none"
	}
	return fmt.Sprint(info.Size())
}

func (c *cluster) cancelled(t *testing.T) {
	t.Chdir(t.TempDir())
	x := c.start(t, long("apart", "--slurm")...)
	task := c.task(t, "apart")
	c.wait(t, "step", func() bool { return steps("apart") != "none" })
	c.call(t, "scancel", task)
	_, stderr := x.ends(t, exit.Failed)
	want := "1 of 1 runs have not ended, and no task of job " + strings.TrimSuffix(task, "_1")
	if !strings.Contains(stderr, want) || !strings.Contains(stderr, "xsam-seed0 (CANCELLED, apart/slurm/job1-1.log)") {
		t.Errorf("stderr %q, want %q and the run with its log", stderr, want)
	}
	time.Sleep(time.Second)
	if state := c.state(t, task); state != "CANCELLED" {
		t.Errorf("the task is %s after it was cancelled", state)
	}

	_, again, _ := strings.Cut(stderr, "go on with: xsam ")
	x = c.start(t, append(words(again), "--quiet")...)
	c.kill(t, "--only=xsam-seed0")
	_, stderr = x.ends(t, exit.Failed)
	if !strings.Contains(stderr, "xsam-seed0 (FAILED, apart/slurm/job2-1.log)") {
		t.Errorf("stderr %q, want the run with its log", stderr)
	}
	c.start(t, append(words(again), "--quiet")...).ends(t, exit.Done)
	sameRuns(t, "apart", c.reference(t), 1)
}

// kill waits for a process of a task that has these words in its command line, and kills it.
func (c *cluster) kill(t *testing.T, words string) {
	t.Helper()
	c.wait(t, "process of "+words, func() bool {
		processes, err := filepath.Glob("/proc/[0-9]*")
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range processes {
			command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
			environment, _ := os.ReadFile(filepath.Join(dir, "environ"))
			if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil && strings.Contains(string(command), words) &&
				strings.Contains(string(environment), "SLURM_CONF="+c.dir) {
				return syscall.Kill(pid, syscall.SIGKILL) == nil
			}
		}
		return false
	})
}
