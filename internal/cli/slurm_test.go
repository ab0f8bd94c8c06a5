//go:build linux

package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

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
	t.Run("an experiment of the paper begins", c.experiment)
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

func (c *cluster) experiment(t *testing.T) {
	data := clitest.Data(t)
	t.Chdir(t.TempDir())
	x := c.start(t, "reproduce", "run", "fashion-mnist-alexnet", "--scale", "small", "--data-dir", data, "--seeds", "1",
		"--backend", "go", "--out", "apart", "--slurm", "--sbatch", "array=%1")
	c.wait(t, "run", func() bool {
		_, err := os.Stat(filepath.Join("apart", "sgd-seed0", runlog.ConfigFile))
		return err == nil
	})
	c.call(t, "scancel", "--me")
	_, stderr := x.ends(t, exit.Failed)
	if !strings.Contains(stderr, ": 6 runs, a task each") || !strings.Contains(stderr, "6 of 6 runs have not ended") ||
		!strings.Contains(stderr, "sam-seed0 (CANCELLED, apart/slurm/job1-2.log)") ||
		!strings.Contains(stderr, "go on with: xsam reproduce run fashion-mnist-alexnet ") {
		t.Errorf("stderr %q, want six runs that were cancelled, and how to go on", stderr)
	}
}
