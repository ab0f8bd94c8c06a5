package main

import (
	"testing"

	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/xsamtest"
)

// Dropout draws other masks in parts of a batch, so that check is left out.
func TestConformance(t *testing.T) {
	testbackend.SkipSlow(t)
	xsamtest.Check(t, xsamtest.Program{
		Backend:   testbackend.Go(t),
		Objective: func() *objective.Objective { return objective.New(transformer, tokenLoss) },
		Batch: func(i int) train.Batch {
			for batch := range numbers(i).Iter() {
				return batch
			}
			return train.Batch{}
		},
	})
}
