package runlog

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The claim of a process that was killed is taken over at once; that of one that runs is not.
func TestClaimOfAKilledProcess(t *testing.T) {
	if place() == "" {
		t.Skip("other processes cannot be asked for here")
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHoldClaim$", "-test.v")
	cmd.Env = append(os.Environ(), holdVariable+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.Contains(lines.Text(), "holding"); {
	}
	want := fmt.Sprintf("process %d on", cmd.Process.Pid)
	if _, err := ClaimRun(dir, ClaimFile); !errors.Is(err, ErrClaimed) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want ErrClaimed with %q", err, want)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for Claimed(dir, ClaimFile) != nil && time.Now().Before(deadline) { // its parent, this test, has not taken note yet
		time.Sleep(time.Millisecond)
	}
	mustClaim(t, dir)
	_ = cmd.Wait()
}

const holdVariable = "RUNLOG_TEST_HOLD"

// TestHoldClaim is the process of TestClaimOfAKilledProcess.
func TestHoldClaim(t *testing.T) {
	dir := os.Getenv(holdVariable)
	if dir == "" {
		t.Skip("it is run by another test")
	}
	mustClaim(t, dir)
	fmt.Println("holding")
	time.Sleep(time.Minute)
}
