package experiment

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
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
		for start := 0; ; start++ {
			if start == 100 {
				t.Fatalf("%s has not ended after %d starts", method, start)
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestRunToBeKilled$")
			cmd.Env = append(os.Environ(), killDirVariable+"="+dir, killMethodVariable+"="+method)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			after := time.AfterFunc(time.Duration(40+random.IntN(400))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			err := cmd.Wait()
			if !after.Stop() {
				kills++
				continue
			}
			if err != nil {
				t.Fatalf("%s, start %d: %v\n%s", method, start, err, out.String())
			}
			break
		}
		t.Logf("%s: %d kills", method, kills)
		compareTraces(t, method+" killed again and again", traceOf(t, dir), traceOf(t, whole))
		if left, _ := filepath.Glob(filepath.Join(dir, runlog.ClaimFile)); len(left) > 0 {
			t.Errorf("%v is left", left)
		}
		if epochs, err := runlog.Snapshots(dir); err != nil || len(epochs) != 3 {
			t.Errorf("snapshots of %v (%v), want three", epochs, err)
		}
	}
}
