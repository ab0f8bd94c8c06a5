package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Existing says what to do with a run directory that is there already.
type Existing int

const (
	// Refuse leaves it alone and fails with ErrExists.
	Refuse Existing = iota
	// Resume goes on from its checkpoint, when it holds the same recipe; a finished run is left as it is.
	Resume
	// Overwrite deletes it.
	Overwrite
)

// ErrExists is the error of a run directory that is there already.
var ErrExists = errors.New("there is a run already")

// ErrDiverged is the error of a run whose loss became infinite or NaN. Its record is written.
var ErrDiverged = errors.New("training diverged")

// Options say how a run is made; they have no part in its outcome.
type Options struct {
	Existing Existing
	// CheckpointEvery is the time between two checkpoints; 0 saves when training ends or is interrupted, and not before.
	CheckpointEvery time.Duration
	// KeepEvery is the number of epochs after which a checkpoint is kept as a snapshot, for measurements along training; 0
	// keeps none.
	KeepEvery int
	// Devices is the number of devices over which each batch is spread, which must divide its size; 0 and 1 train on one.
	// It changes the outcome in the last bits only, for sums are made in another order.
	Devices int
	// CurvatureEvery is the number of epochs between two measurements of λmax, λ5, trace and angle along training, on
	// the examples on which λmax is measured at the end; 0 makes none. It costs time and changes nothing else of the
	// outcome. A resumed run may take another number.
	CurvatureEvery int
	// OnNonfinite says what is done when the loss or the weights are no longer finite; "" stands for Stop. It has a part
	// in the outcome of a run in which they are not.
	OnNonfinite OnNonfinite
	// TensorBoard writes the records also as TensorBoard's event files, in the run directory.
	TensorBoard bool
	// Origins say, for the record, where settings of the recipe come from that nobody gave, by their flags.
	Origins map[string]string
	// Begin is called when the directory of a run that is to be made is held against other processes, before anything is
	// written there; an error ends the runs. It may be nil.
	Begin func() error
	// Progress is called after every step and between the stages, in the run's own goroutine. It may be nil.
	Progress func(Progress)
	// Warn is called with what is not as it should be and does not stop the run. It may be nil.
	Warn func(string)
}

// devices is the number of devices where it matters: 0 for one.
func (o Options) devices() int {
	if o.Devices <= 1 {
		return 0
	}
	return o.Devices
}

// settled are the options with what stands for what is not set, when they are in range.
func (o Options) settled() (Options, error) {
	if o.OnNonfinite == "" {
		o.OnNonfinite = Stop
	}
	if !slices.Contains(OnNonfiniteNames, string(o.OnNonfinite)) {
		return o, fmt.Errorf("experiment: on non-finite %q: want one of %s", o.OnNonfinite,
			strings.Join(OnNonfiniteNames, ", "))
	}
	if o.OnNonfinite != Stop && o.devices() > 0 {
		return o, fmt.Errorf("experiment: on non-finite %s with %d devices: want one device, or stop", o.OnNonfinite,
			o.Devices)
	}
	if o.Begin == nil {
		o.Begin = func() error { return nil }
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	return o, nil
}
