package experiment

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/runlog"
)

const (
	killDirVariable    = "EXPERIMENT_TEST_DIR"
	killMethodVariable = "EXPERIMENT_TEST_METHOD"
)

// killOptions save at every step and keep every epoch, so that a kill mostly comes while files are written.
var killOptions = Options{Existing: Resume, CheckpointEvery: 1, KeepEvery: 1}

// TestRunToBeKilled is the process of TestKilledAgainAndAgain.
func TestRunToBeKilled(t *testing.T) {
	dir := os.Getenv(killDirVariable)
	if dir == "" {
		t.Skip("it is run by another test")
	}
	o := killOptions
	o.Warn = func(text string) { fmt.Println(text) }
	if _, err := Run(context.Background(), testbackend.GoEngine(t), testrun.Tiny(t, os.Getenv(killMethodVariable)), dir, o); err != nil {
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
	for _, method := range []string{"xsam", "looksam"} {
		whole, _ := testrun.Make(t, Run, testbackend.GoEngine(t), testrun.Tiny(t, method), killOptions)
		dir := filepath.Join(t.TempDir(), "run")
		kills := 0
		for killedAfter(t, dir, method, time.Duration(2+random.IntN(10*(kills+1)))*time.Millisecond) {
			if kills++; kills == 100 {
				t.Fatalf("%s has not ended after %d kills", method, kills)
			}
		}
		if t.Logf("%s: %d kills", method, kills); kills < 3 { // the first come within 12, 22 and 32 ms
			t.Errorf("%s was killed %d times, want 3 or more", method, kills)
		}
		compareTraces(t, method+" killed again and again", traceOf(t, dir), traceOf(t, whole))
		if left, _ := filepath.Glob(filepath.Join(dir, runlog.ClaimFile)); len(left) > 0 {
			t.Errorf("%v is left", left)
		}
		if epochs, err := runlog.Snapshots(dir); err != nil || len(epochs) != 3 {
			t.Errorf("snapshots of %v (%v), want three", epochs, err)
		}
	}
}

// killedAfter makes a run in a process of its own and kills it so long after it has claimed its directory; false when
// it ended before.
func killedAfter(t *testing.T, dir, method string, after time.Duration) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestRunToBeKilled$")
	cmd.Env = append(os.Environ(), killDirVariable+"="+dir, killMethodVariable+"="+method)
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
			claim, err := os.ReadFile(filepath.Join(dir, runlog.ClaimFile))
			if kill == nil && err == nil && strings.Contains(string(claim), mine) {
				kill = time.After(after)
			}
		case <-kill:
			_ = cmd.Process.Kill()
		case err := <-ended:
			if err != nil && cmd.ProcessState.Exited() {
				t.Fatalf("%s: %v\n%s", method, err, out.String())
			}
			return err != nil
		}
	}
}
