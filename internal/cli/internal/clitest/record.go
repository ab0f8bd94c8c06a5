package clitest

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// ReadRun reads a run directory that is as it should be.
func ReadRun(t *testing.T, dir string) *runlog.Run {
	t.Helper()
	run, err := runlog.ReadRun(dir)
	if err != nil || len(run.Problems) > 0 {
		t.Fatalf("%+v, %v", run, err)
	}
	return run
}

// Stopper keeps what is written, and cancels a context when a text comes by.
type Stopper struct {
	bytes.Buffer
	Text   string
	Cancel context.CancelFunc
}

func (s *Stopper) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.Text) {
		s.Cancel()
	}
	return s.Buffer.Write(p)
}
