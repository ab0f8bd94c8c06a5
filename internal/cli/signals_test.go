//go:build unix

package cli

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/runlog"
)

const signalArgs = "CLI_TEST_ARGS"

// TestMainToBeStopped is the process of TestSignals.
func TestMainToBeStopped(t *testing.T) {
	args := os.Getenv(signalArgs)
	if args == "" {
		t.Skip("it is run by another test")
	}
	os.Args = append(os.Args[:1], strings.Fields(args)...)
	Main()
}

// Ctrl-C, and SIGTERM and a terminal that is closed, which may come twice, end a run after it is saved.
func TestSignals(t *testing.T) {
	for name, signals := range map[string][]os.Signal{
		"SIGINT": {os.Interrupt}, "SIGTERM": {syscall.SIGTERM, syscall.SIGTERM}, "SIGHUP": {syscall.SIGHUP, syscall.SIGHUP},
	} {
		t.Run(name, func(t *testing.T) {
			if signal.Ignored(signals[0]) {
				t.Skipf("these tests run where %v is ignored, with nohup, say, and so is it in what they start", signals[0])
			}
			out := filepath.Join(t.TempDir(), "runs")
			cmd := exec.Command(os.Args[0], "-test.run=^TestMainToBeStopped$")
			cmd.Env = append(os.Environ(), "GLIBC_TUNABLES=", signalArgs+"=train --method sgd --model mlp --train-size 64 "+
				"--test-size 32 --batch 8 --epochs 100000 --eval-every 0 --lambda-products 0 --backend go --quiet --out "+out)
			var printed bytes.Buffer
			cmd.Stdout, cmd.Stderr = &printed, &printed
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Process.Kill() }()
			metrics := filepath.Join(out, "sgd-seed0", runlog.MetricsFile)
			for until := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
				if info, err := os.Stat(metrics); err == nil && info.Size() > 0 {
					break
				}
				if time.Now().After(until) {
					t.Fatalf("no records after a minute: %s", printed.String())
				}
			}
			for _, s := range signals {
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Millisecond)
			}
			late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
			_ = cmd.Wait()
			late.Stop()
			saved, _ := filepath.Glob(filepath.Join(runlog.Checkpoints(filepath.Dir(metrics)), "*.manifest"))
			if code := cmd.ProcessState.ExitCode(); code != exit.Interrupted || len(saved) == 0 ||
				!strings.Contains(printed.String(), "--resume") {
				t.Errorf("%v, checkpoints %v, %s, want exit 130 after a checkpoint, and how to go on", cmd.ProcessState, saved,
					printed.String())
			}
		})
	}
}
