package curvature_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testfitted"
)

// A loss that is all but 0 has a gradient in which rounding counts for more than what parts of a batch may differ by.
// It is measured all the same, and is the mean of those of the batches.
func TestFittedModel(t *testing.T) {
	obj, batch := testfitted.New()
	b := testbackend.Go(t)
	ctx, batches := context.Background(), []train.Batch{batch(), batch()}
	measured := func(batches ...train.Batch) float64 {
		p, err := curvature.NewProblem(ctx, b, model.NewStore(), obj, batches,
			curvature.ProblemOptions{Norm: curvature.BatchStatistics})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		l, err := p.Loss(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	want := (measured(batches[0]) + measured(batches[1])) / 2
	if got := measured(batches...); !(want > 0 && want < 1e-5) || got < 0.99*want || got > 1.01*want {
		t.Errorf("the loss is %g, want %g, the mean of the batches, between 0 and 1e-5", got, want)
	}
}

// A loss that takes the rows together at these weights is refused, though it does not at half of them.
func TestWhatJoinsRowsHereIsRefused(t *testing.T) {
	obj, batch := testfitted.Joined()
	p, err := curvature.NewProblem(context.Background(), testbackend.Go(t), model.NewStore(), obj,
		[]train.Batch{batch(), batch()}, curvature.ProblemOptions{Norm: curvature.RunningAverages})
	if err == nil {
		_, err = p.Loss(context.Background(), nil)
		p.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "rows") {
		t.Errorf("error %v, want one that refuses it", err)
	}
}
