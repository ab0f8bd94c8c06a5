//go:build linux

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/tuning"
)

// TestSlurm has a real Slurm make runs.
func TestSlurm(t *testing.T) {
	c := startCluster(t)
	t.Run("16 runs are those of one process, to the bit", c.sixteen)
	t.Run("a search and what it has chosen", c.search)
	t.Run("whatever becomes of a task, its run is the same", c.mishaps)
	t.Run("what is cancelled or killed is said, and goes on", c.cancelled)
	t.Run("options that Slurm refuses", c.refused)
	t.Run("the command of docs/cluster.md", c.documented)
}

func (c *cluster) sixteen(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append(strings.Fields("compare --methods sgd,xsam:alpha=0.5 --seeds 8 --rho 0.1"), clitest.Tiny()...)
	together := xsam.Done(t, append(args, "--out", "together", "--quiet")...)

	args = append(args, "--out", "apart", "--slurm", "--sbatch", "array=%4")
	first := c.start(t, args...)
	c.wait(t, "running task", func() bool { return strings.Contains(c.call(t, "squeue", "-h", "-o", "%T"), "RUNNING") })
	if err := first.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, stderr := first.ends(t, exit.Interrupted)
	if !strings.Contains(stderr, "go on with: xsam compare ") ||
		!strings.Contains(stderr, "runs are done, and the others left to jobs ") {
		t.Fatalf("stderr %q, want that the jobs go on, and how", stderr)
	}
	// It was killed before it heard from sbatch.
	note := filepath.Join("apart", "slurm", "job2.json")
	text, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(note, regexp.MustCompile(`"id": "\d+",`).ReplaceAll(text, nil), 0o644); err != nil {
		t.Fatal(err)
	}
	_, again, _ := strings.Cut(stderr, "go on with: xsam ")
	apart, stderr := c.start(t, words(again)...).ends(t, exit.Done)
	if n := strings.Count(stderr, "is in the queue still"); n != 2 {
		t.Errorf("stderr %q, want that two jobs are in the queue still", stderr)
	}
	if clitest.Blurred(apart) != strings.ReplaceAll(clitest.Blurred(together), "together", "apart") {
		t.Errorf("the table\n%s\nwant\n%s", apart, together)
	}
	if jobs, _ := filepath.Glob("apart/slurm/*.sh"); len(jobs) != 2 {
		t.Errorf("jobs %v, want 10 runs and 6", jobs)
	}
	sameRuns(t, "apart", "together", 16)
	// All is there: Slurm is not asked.
	t.Setenv("PATH", "/nowhere")
	if stdout, stderr := c.start(t, args...).ends(t, exit.Done); stdout != apart || strings.Contains(stderr, "slurm") {
		t.Errorf("called again it prints\n%s\nwant\n%s\nstderr %q, want nothing of Slurm", stdout, apart, stderr)
	}
}

func (c *cluster) search(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append(strings.Fields("compare --methods sgd,sam --seeds 2 --sweep rho=0.02,0.2 --sweep lr=0.02,0.1 --quiet"),
		clitest.Tiny()...)
	together := xsam.Done(t, append(args, "--out", "together")...)
	apart, _ := c.start(t, append(args, "--out", "apart", "--slurm")...).ends(t, exit.Done)
	if clitest.Blurred(apart) != strings.ReplaceAll(clitest.Blurred(together), "together", "apart") {
		t.Errorf("the table\n%s\nwant\n%s", apart, together)
	}
	sameRuns(t, "apart", "together", 4)
	sameRuns(t, "apart/tune", "together/tune", 6)
	got, err1 := os.ReadFile(filepath.Join("apart", tuning.File))
	want, err2 := os.ReadFile(filepath.Join("together", tuning.File))
	if err := errors.Join(err1, err2); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, tune.json is\n%s\nwant\n%s", err, got, want)
	}
}

// sameRuns compares the runs in two folders: records without times, recipes, and the bytes of the last checkpoints.
func sameRuns(t *testing.T, got, want string, n int) {
	t.Helper()
	a, err := runlog.ReadRuns(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := runlog.ReadRuns(want)
	if err != nil || len(a) != n || len(b) != n {
		t.Fatalf("%d runs in %s, %d in %s, %v, want %d", len(a), got, len(b), want, err, n)
	}
	for i := range a {
		if !reflect.DeepEqual(untimed(a[i]), untimed(b[i])) || len(a[i].Problems) > 0 {
			t.Errorf("%s: %+v\nwant\n%+v", a[i].Dir, a[i], b[i])
		}
		if x, y := lastWeights(t, a[i].Dir), lastWeights(t, b[i].Dir); len(x) == 0 || !bytes.Equal(x, y) {
			t.Errorf("%s: %d bytes of weights, other than the %d of %s", a[i].Dir, len(x), len(y), b[i].Dir)
		}
	}
}

// untimed is what a run has recorded, without its place and times.
func untimed(r *runlog.Run) any {
	s := r.Summary
	s.StepSecondsMedian, s.WallSeconds, s.CurvatureSeconds = runlog.Number{}, runlog.Number{}, runlog.Number{}
	records := append([]runlog.Record{}, r.Records...)
	for i := range records {
		records[i].StepSeconds, records[i].Seconds = runlog.Number{}, runlog.Number{}
	}
	return []any{string(r.Raw), s, records}
}

// lastWeights is the newest checkpoint's data.
func lastWeights(t *testing.T, dir string) []byte {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(runlog.Checkpoints(dir), "*.bin"))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: checkpoints %v, %v", dir, found, err)
	}
	data, err := os.ReadFile(found[len(found)-1])
	if err != nil {
		t.Fatal(err)
	}
	return data
}

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
	if want := "1 of 1 runs have not ended, and job " + strings.TrimSuffix(task, "_1"); !strings.Contains(stderr, want) ||
		!strings.Contains(stderr, "xsam-seed0 (CANCELLED, apart/slurm/job1-1.log)") {
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

func (c *cluster) refused(t *testing.T) {
	t.Chdir(t.TempDir())
	for option, want := range map[string]string{
		"partition=nowhere": "xsam: slurm: sbatch: invalid partition specified: nowhere; Batch job submission failed: " +
			"Invalid partition name specified (exit status 1)\n",
		"frobnicate": "xsam: slurm: sbatch: unrecognized option '--frobnicate'; Try \"sbatch --help\" for more information " +
			"(exit status 255)\n",
	} {
		if _, stderr := c.start(t, long("apart", "--slurm", "--sbatch", option)...).ends(t, exit.Failed); stderr != want {
			t.Errorf("--sbatch %s: stderr %q, want %q", option, stderr, want)
		}
	}
	if left, _ := os.ReadDir("."); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	t.Setenv("PATH", "/nowhere")
	if _, stderr := c.start(t, long("apart", "--slurm")...).ends(t, exit.Failed); !strings.Contains(stderr,
		"there is no squeue here") || reasons(stderr) != 1 {
		t.Errorf("stderr %q, want one line", stderr)
	}
}

func (c *cluster) documented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(packageDir, "..", "..", "docs", "cluster.md"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	found := false
	for _, d := range docsCommands("cluster.md", strings.ReplaceAll(string(text), "```console", "```sh")) {
		if !slices.Contains(d.args, "--slurm") {
			continue
		}
		found = true
		stdout, _ := c.start(t, reduced(d.args, "runs")...).ends(t, exit.Done)
		if !strings.Contains(stdout, "3 runs in ") {
			t.Errorf("%s prints %q, want the table of three runs", d.place, stdout)
		}
	}
	if !found {
		t.Error("there is none: the search is broken")
	}
}
