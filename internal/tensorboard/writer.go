package tensorboard

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/xsam-go/xsam/internal/regular"
)

// filePattern is how TensorBoard recognises event files; it reads those of a folder in the order of their names.
const filePattern = "events.out.tfevents.*"

// Writer appends to one event file.
type Writer struct{ file *os.File }

// Open begins a new event file in dir for a run that has made the given number of steps, and returns the last step of
// which the files of earlier calls hold something (0 for none).
//
// Of these files it cuts off what a killed process left half written, and the events of later steps, which the run
// will make again; the new file also says that the run goes on at step done + 1, so that a TensorBoard that is open
// forgets them too.
func Open(dir string, done int64) (w *Writer, last int64, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("tensorboard: event files in %s: %w", dir, err)
		}
	}()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, 0, err
	}
	earlier, err := filepath.Glob(filepath.Join(dir, filePattern))
	if err != nil {
		return nil, 0, err
	}
	for _, path := range earlier {
		step, err := cut(path, done)
		if err != nil {
			return nil, 0, err
		}
		last = max(last, step)
	}
	file, err := create(dir)
	if err != nil {
		return nil, 0, err
	}
	w = &Writer{file}
	err = w.write(versionEvent(now()))
	if err == nil && len(earlier) > 0 {
		err = w.write(startEvent(now(), done+1))
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return w, last, nil
}

// create makes a file whose name sorts behind those of earlier calls: the time in nanoseconds is part of it.
func create(dir string) (*os.File, error) {
	for {
		t := time.Now()
		name := fmt.Sprintf("events.out.tfevents.%010d.%09d.xsam", t.Unix(), t.Nanosecond())
		file, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if !errors.Is(err, os.ErrExist) {
			return file, err
		}
	}
}

// largestFile is far above the size of a run's events, which have some hundred bytes an epoch.
const largestFile = 64 << 20

// cut shortens an event file to its whole events of steps up to done, and returns the last step that is left.
func cut(path string, done int64) (last int64, err error) {
	content, err := regular.Read(path, largestFile)
	if err != nil {
		return 0, err
	}
	kept := 0
	for kept < len(content) {
		data, n, err := unframe(content[kept:])
		if err != nil {
			break // what follows cannot be read by anybody
		}
		step, err := stepOf(data)
		if err != nil || step > done {
			break
		}
		last, kept = max(last, step), kept+n
	}
	if kept == len(content) {
		return last, nil
	}
	return last, os.Truncate(path, int64(kept))
}

// Add writes the scalars of a step in one write. Those that are not finite are left out.
func (w *Writer) Add(step int64, scalars ...Scalar) error {
	var known []Scalar
	for _, s := range scalars {
		if !math.IsNaN(s.Value) && !math.IsInf(s.Value, 0) {
			known = append(known, s)
		}
	}
	if len(known) == 0 {
		return nil
	}
	return w.write(scalarsEvent(now(), step, known))
}

func (w *Writer) write(event []byte) error {
	if _, err := w.file.Write(frame(event)); err != nil {
		return fmt.Errorf("tensorboard: %w", err)
	}
	return nil
}

// Sync makes the events durable.
func (w *Writer) Sync() error {
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("tensorboard: %w", err)
	}
	return nil
}

// Close makes the events durable and closes the file.
func (w *Writer) Close() error { return errors.Join(w.Sync(), w.file.Close()) }

// now is the time in seconds since 1970.
func now() float64 { return float64(time.Now().UnixNano()) / 1e9 }
