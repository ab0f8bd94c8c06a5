package compare

import (
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

func TestEarlyEpochs(t *testing.T) {
	for epochs, want := range map[int]int{0: 0, 1: 1, 2: 2, 8: 2, 20: 2, 21: 3, 200: 20} {
		if got := EarlyEpochs(epochs); got != want {
			t.Errorf("EarlyEpochs(%d) = %d, want %d", epochs, got, want)
		}
	}
}

func TestEarlyLoss(t *testing.T) {
	train := func(epoch, loss float64) runlog.Record {
		return runlog.Record{Kind: runlog.Train, Epoch: runlog.Num(epoch), Loss: runlog.Num(loss)}
	}
	evaluated := train(2, 50)
	evaluated.Kind = runlog.Eval
	tests := []struct {
		name    string
		epochs  int
		records []runlog.Record
		want    float64
	}{
		{"the first two of ten", 10, []runlog.Record{train(1, 3), train(2, 1), evaluated, train(3, 0)}, 2},
		{"a run of one epoch", 1, []runlog.Record{train(1, 3)}, 3},
		{"an epoch is missing yet", 10, []runlog.Record{train(1, 3)}, nan},
		{"or was left out", 10, []runlog.Record{train(2, 1), train(3, 0)}, nan},
		{"a loss without a number", 10, []runlog.Record{train(1, nan), train(2, 1)}, nan},
		{"no epochs", 0, nil, nan},
	}
	for _, tt := range tests {
		r := &runlog.Run{Records: tt.records, Setup: runlog.Setup{Task: runlog.Task{Epochs: tt.epochs}}}
		if got := EarlyLoss(r); !near(got, tt.want, 0) {
			t.Errorf("%s: EarlyLoss = %v, want %v", tt.name, got, tt.want)
		}
	}
}
