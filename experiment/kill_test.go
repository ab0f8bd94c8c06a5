package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/runlog"
)

const (
	killDirVariable  = "EXPERIMENT_TEST_DIR"
	killCaseVariable = "EXPERIMENT_TEST_CASE"
)

// TestRunToBeKilled is the process of TestKilledAgainAndAgain, and of others.
func TestRunToBeKilled(t *testing.T) {
	dir := os.Getenv(killDirVariable)
	if dir == "" {
		t.Skip("it is run by another test")
	}
	cases := faultCases()
	c := cases[slices.IndexFunc(cases, func(c faultCase) bool { return c.name == os.Getenv(killCaseVariable) })]
	if _, err := c.make(t, dir, func(o *Options) { o.Warn = func(text string) { fmt.Println(text) } }); err != nil {
		t.Fatal(err)
	}
}

// A run whose process is killed at any moment, again and again, is gone on with by the next at once, and has the same
// bits at the end.
func TestKilledAgainAndAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("many processes")
	}
	random := rand.New(rand.NewPCG(1, 0))
	all, runs := 0, 0
	for _, c := range faultCases() {
		if !long() && c.name != "xsam" && c.name != "looksam" {
			continue
		}
		begun := time.Now()
		whole := c.whole(t)
		share := max(10, int(time.Since(begun).Milliseconds())/12)
		kills, want := 0, 3 // the first come within 12, 22 and 32 ms
		if long() {
			want = 10
		}
		for again := 0; kills < want && again < 10; again++ {
			runs++
			dir := filepath.Join(t.TempDir(), "run")
			run := dir
			if c.name == "dropout" {
				run = filepath.Join(dir, filepath.Base(whole))
			}
			for tries := 1; killedAfter(t, c, dir, run, time.Duration(2+random.IntN(share*tries))*time.Millisecond); tries++ {
				if kills++; tries == 100 {
					t.Fatalf("%s has not ended after %d kills", c.name, tries)
				}
			}
			c.same(t, c.name+" killed again and again", run, whole)
			if err := runlog.Claimed(run, runlog.ClaimFile); err != nil {
				t.Error(err)
			}
			if epochs, err := runlog.Snapshots(run); err != nil || len(epochs) != 3 {
				t.Errorf("snapshots of %v (%v), want three", epochs, err)
			}
		}
		if t.Logf("%s: %d kills", c.name, kills); kills < want {
			t.Errorf("%s was killed %d times, want %d or more", c.name, kills, want)
		}
		all += kills
	}
	if t.Logf("%d kills in %d runs", all, runs); long() && all < 200 {
		t.Errorf("%d kills, want 200", all)
	}
}

// A run that is killed after its last record and before its summary, or before it has kept its last snapshot, has the
// same records in the same order, the same events and the same snapshots at the end.
func TestKilledBeforeItsSummary(t *testing.T) {
	for _, c := range faultCases() {
		if !slices.Contains([]string{"sgd", "measurements along training", "TensorBoard"}, c.name) {
			continue
		}
		whole := c.whole(t)
		dir := filepath.Join(t.TempDir(), "run")
		if err := errors.Join(os.CopyFS(dir, os.DirFS(whole)), os.Remove(filepath.Join(dir, runlog.SummaryFile)),
			os.RemoveAll(runlog.Snapshot(dir, 3))); err != nil {
			t.Fatal(err)
		}
		if _, err := c.make(t, dir, nil); err != nil {
			t.Fatal(err)
		}
		c.same(t, c.name, dir, whole)
		if epochs, err := runlog.Snapshots(dir); err != nil || len(epochs) != 3 {
			t.Errorf("%s: snapshots of %v (%v), want three", c.name, epochs, err)
		}
	}
}

// killedAfter makes a run in a process of its own and kills it so long after it has claimed its directory; false when
// it ended before.
func killedAfter(t *testing.T, c faultCase, dir, run string, after time.Duration) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestRunToBeKilled$")
	cmd.Env = append(os.Environ(), killDirVariable+"="+dir, killCaseVariable+"="+c.name)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	mine := fmt.Sprintf(`"pid":%d,`, cmd.Process.Pid)
	var kill <-chan time.Time
	for {
		select {
		case <-tick.C:
			claim, err := os.ReadFile(filepath.Join(run, runlog.ClaimFile))
			if kill == nil && err == nil && strings.Contains(string(claim), mine) {
				kill = time.After(after)
			}
		case <-kill:
			_ = cmd.Process.Kill()
		case err := <-ended:
			if err != nil && cmd.ProcessState.Exited() {
				t.Fatalf("%s: %v\n%s", c.name, err, out.String())
			}
			return err != nil
		}
	}
}
