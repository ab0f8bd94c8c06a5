package xsam_test

import (
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"

	xsam "github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testfitted"
)

// A loss that is all but 0, as where the training of a fitted model goes on, is accumulated, though rounding counts in
// its gradient for more than what parts of a batch may differ by.
func TestAccumulateOnAFittedModel(t *testing.T) {
	obj, batch := testfitted.New()
	p := program{backend: testbackend.Go(t), obj: obj, config: xsam.SAMConfig(), data: data(batch), micro: 2}
	if _, err := p.run(model.NewStore(), 2); err != nil {
		t.Error(err)
	}
}

// A loss that takes the rows together at these weights is refused, though it does not at half of them.
func TestAccumulateRefusesWhatJoinsRowsHere(t *testing.T) {
	obj, batch := testfitted.Joined()
	p := program{backend: testbackend.Go(t), obj: obj, config: xsam.SAMConfig(), data: data(batch), micro: 2}
	if _, err := p.run(model.NewStore(), 2); err == nil || !strings.Contains(err.Error(), "Accumulate") {
		t.Errorf("error %v, want one that refuses it", err)
	}
}
