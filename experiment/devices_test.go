package experiment

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/runlog"
)

// The same run on one device and on two that share every batch: the results agree to what float32 sums in another order
// leave of twelve steps.
func TestRunOnTwoDevices(t *testing.T) {
	b := testbackend.TwoDevices(t)
	engine := &backend.Engine{Backend: b, Name: b.Name()}
	_, one := mustRun(t, engine, tiny(t, "xsam"), Options{})
	dir, two := mustRun(t, engine, tiny(t, "xsam"), Options{Devices: 2})
	for name, pair := range map[string][2]runlog.Number{
		"training loss": {one.TrainLoss, two.TrainLoss}, "test loss": {one.TestLoss, two.TestLoss}, "λmax": {one.LambdaMax, two.LambdaMax},
	} {
		if a, b := pair[0].Float(), pair[1].Float(); !(math.Abs(a-b) <= 1e-4*math.Abs(a)) {
			t.Errorf("%s is %v on one device and %v on two", name, a, b)
		}
	}
	if config := configOf(t, dir); config.Devices != 2 {
		t.Errorf("config.json says %d devices, want 2", config.Devices)
	}
}

func TestBatchMustDivideByDevices(t *testing.T) {
	_, err := Run(context.Background(), goEngine(t), tiny(t, "sam"), filepath.Join(t.TempDir(), "run"), Options{Devices: 3})
	if err == nil || !strings.Contains(err.Error(), "batches of 16 images cannot be spread over 3 devices") {
		t.Errorf("error %v, want one that names batch size and devices", err)
	}
}
