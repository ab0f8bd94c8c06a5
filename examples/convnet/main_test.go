package main

import (
	"testing"

	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/xsamtest"
)

// Batch norm sees other statistics in parts of a batch, so that check is left out.
func TestConformance(t *testing.T) {
	if !testbackend.Thorough() {
		t.Skip("XLA compiles for a minute: CI or XSAM_THOROUGH=1 runs it")
	}
	xsamtest.Check(t, xsamtest.Program{
		Backend: testbackend.XLA(t),
		Objective: func() *objective.Objective {
			return objective.New(convnet, loss.SparseCategoricalCrossEntropyLogits)
		},
		Batch: batch,
	})
}
