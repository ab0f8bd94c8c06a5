package runlog

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/xsam-go/xsam/internal/regular"
)

// The sizes above which a file is taken for something else. A run of 200 epochs has less than 1 MB of records; a
// recipe, a summary or a claim has some kilobytes.
const (
	largestRecords = 64 << 20
	largestOther   = 1 << 20
)

// readFile reads a file of a run directory. It does not wait for a pipe, nor fill the memory with what is no record.
func readFile(fsys fs.FS, file string) ([]byte, error) {
	largest := int64(largestOther)
	if base := path.Base(file); base == MetricsFile || base == MeasurementsFile {
		largest = largestRecords
	}
	return regular.ReadFS(fsys, file, largest)
}

// checked is what can say why it cannot be what a run wrote, though it is JSON of the right form.
type checked interface{ check() error }

func (r Record) check() error {
	switch r.Kind {
	case Train, Eval, Curvature:
	default: // of a later version
		return nil
	}
	if r.Step < 0 {
		return fmt.Errorf("step %d", r.Step)
	}
	return fraction("accuracy", r.Accuracy)
}

func (s Summary) check() error {
	if s.Steps < 0 || s.Finished && s.Diverged {
		return fmt.Errorf("%d steps, finished %v, diverged %v", s.Steps, s.Finished, s.Diverged)
	}
	return errors.Join(fraction("train_accuracy", s.TrainAccuracy), fraction("test_accuracy", s.TestAccuracy),
		fraction("validation_accuracy", s.ValidationAccuracy))
}

// fraction reports a share that is none.
func fraction(name string, n Number) error {
	if x := n.Float(); n.Known() && (x < 0 || x > 1) {
		return fmt.Errorf("%s %v: want a fraction from 0 to 1", name, x)
	}
	return nil
}

// check reports parts whose lengths do not fit each other: readers go by one of them.
func (m Measurement) check() error {
	if s := m.Spectrum; s != nil && len(s.Values) != len(s.Residuals) {
		return fmt.Errorf("%d eigenvalues and %d residuals", len(s.Values), len(s.Residuals))
	}
	if a := m.Angles; a != nil && len(a.AbsCos) != len(a.AngleDeg) {
		return fmt.Errorf("%d cosines and %d angles", len(a.AbsCos), len(a.AngleDeg))
	}
	if d := m.Density; d != nil {
		if len(d.Nodes) != len(d.Weights) || len(d.Points) != len(d.Values) {
			return fmt.Errorf("%d and %d probes, %d and %d points", len(d.Nodes), len(d.Weights), len(d.Points), len(d.Values))
		}
		for i := range d.Nodes {
			if len(d.Nodes[i]) != len(d.Weights[i]) {
				return fmt.Errorf("%d nodes and %d weights", len(d.Nodes[i]), len(d.Weights[i]))
			}
		}
	}
	return m.Landscape.check()
}

func (l *Landscape) check() error {
	if l == nil {
		return nil
	}
	if len(l.X) < max(1, min(2, len(l.Y))) || len(l.Y) == 0 || len(l.Directions) < min(2, len(l.Y)) {
		return fmt.Errorf("a landscape of %d × %d points along %d directions", len(l.X), len(l.Y), len(l.Directions))
	}
	if len(l.Loss) > len(l.Y) { // an interrupted one has fewer rows
		return fmt.Errorf("%d rows of losses for %d", len(l.Loss), len(l.Y))
	}
	for _, row := range l.Loss {
		if len(row) != len(l.X) {
			return fmt.Errorf("%d losses in a row of %d", len(row), len(l.X))
		}
	}
	return nil
}
