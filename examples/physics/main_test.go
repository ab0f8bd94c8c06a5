package main

import (
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/xsamtest"
)

func TestConformance(t *testing.T) {
	xsamtest.Check(t, xsamtest.Program{
		Backend:      testbackend.Go(t),
		Objective:    func() *objective.Objective { return objective.New(equation, nil) },
		Batch:        batch,
		MicroBatches: 2,
		Tolerance:    1e-6,
	})
}
