package measure

import (
	"errors"

	"github.com/xsam-go/xsam/runlog"
)

// claimOnce keeps other processes from measuring in the run directory, and from overwriting its run meanwhile.
func (w *measurer) claimOnce() (err error) {
	if w.dir != "" && w.claim == nil {
		w.claim, err = runlog.ClaimRun(w.dir, runlog.MeasuringClaimFile)
	}
	return err
}

// unsaved is the error of a measurement that was made and cannot be recorded.
type unsaved struct{ error }

func (u unsaved) Unwrap() error { return u.error }

// name is that of the run which is measured.
func (w *measurer) name() string { return runlog.Name(w.run.Method, w.run.Seed) }

// record adds a measurement to the run directory.
func (w *measurer) record(m runlog.Measurement) error {
	if w.dir == "" {
		return nil
	}
	err := w.claim.Check()
	if err == nil {
		err = runlog.AppendMeasurement(w.dir, m)
	}
	if err != nil {
		return unsaved{err}
	}
	return nil
}

func (w *measurer) close() (err error) {
	if w.examples != nil {
		err = w.examples.Close()
	}
	if w.claim != nil {
		err = errors.Join(err, w.claim.Release())
	}
	return errors.Join(err, w.Program.Close())
}
