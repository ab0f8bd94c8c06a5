package runlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/xsam-go/xsam/internal/regular"
)

// WriteConfig writes config.json, creating the run directory. config is anything that encoding/json takes.
func WriteConfig(dir string, config any) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("runlog: cannot create the run directory: %w", err)
	}
	return writeJSON(filepath.Join(dir, ConfigFile), config)
}

// WriteSummary writes summary.json in one piece: a reader sees the whole of it or none.
func WriteSummary(dir string, s Summary) error {
	return writeJSON(filepath.Join(dir, SummaryFile), s)
}

// writeJSON replaces the file at path with the JSON of v, through a temporary file beside it.
func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("runlog: %s cannot be written as JSON: %w", filepath.Base(path), err)
	}
	return replace(path, append(text, '\n'))
}

// replace puts content at path atomically and durably.
func replace(path string, content []byte) error {
	if err := regular.Replace(path, content); err != nil {
		return fmt.Errorf("runlog: cannot write %s: %w", path, err)
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes the names in a folder durable: those of files that were created or renamed there. File systems that
// cannot do this for a folder do it by themselves.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("runlog: %w", err)
	}
	err = d.Sync()
	d.Close()
	if err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) &&
		!errors.Is(err, fs.ErrPermission) { // Windows and some network file systems say so
		return fmt.Errorf("runlog: %w", err)
	}
	return nil
}

// Metrics appends records to a run's metrics.jsonl.
type Metrics struct{ file *os.File }

// OpenMetrics opens metrics.jsonl for appending. Records for which keep is false are dropped, and, with a warning, a
// torn last line: what a run wrote after the checkpoint from which it goes on. Any other line that is no record is an
// error.
func OpenMetrics(dir string, keep func(Record) bool) (*Metrics, []string, error) {
	path := filepath.Join(dir, MetricsFile)
	lines, warnings, err := wholeLines[Record](dir, MetricsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	var kept []byte
	for _, l := range lines {
		if keep(l.value) {
			kept = append(append(kept, l.text...), '\n') // the text itself, with keys of other versions
		}
	}
	if err := replace(path, kept); err != nil {
		return nil, nil, err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("runlog: cannot append to %s: %w", path, err)
	}
	return &Metrics{file: file}, warnings, nil
}

// Append writes one record as one line, in one write.
func (m *Metrics) Append(r Record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("runlog: a record of step %d cannot be written as JSON: %w", r.Step, err)
	}
	if _, err := m.file.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("runlog: cannot append to %s: %w", m.file.Name(), err)
	}
	return nil
}

// Sync makes the records durable.
func (m *Metrics) Sync() error {
	if err := m.file.Sync(); err != nil {
		return fmt.Errorf("runlog: %s cannot be brought to disk: %w", m.file.Name(), err)
	}
	return nil
}

// Close makes the records durable and closes the file.
func (m *Metrics) Close() error {
	err := m.file.Sync()
	if closeErr := m.file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("runlog: closing %s: %w", m.file.Name(), err)
	}
	return nil
}

// AppendMeasurement adds a measurement to curvature.jsonl, durably. A line that was cut off while it was written is
// removed first. Two processes must not append to the same file at a time.
func AppendMeasurement(dir string, m Measurement) error {
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("runlog: a measurement of %s cannot be written as JSON: %w", m.Measure, err)
	}
	path := filepath.Join(dir, MeasurementsFile)
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("runlog: cannot append to %s: %w", path, err)
	}
	start, err := endLastLine(file)
	if err == nil {
		_, err = file.Write(append(append(start, text...), '\n'))
	}
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("runlog: cannot append to %s: %w", path, err)
	}
	return nil
}

// endLastLine sees to it that the next line starts on its own: a last line without an end is cut away when it is no
// whole measurement, and otherwise the end that it lacks is returned.
func endLastLine(file *os.File) (end []byte, err error) {
	info, err := file.Stat()
	if err == nil {
		err = regular.Check(filepath.Base(file.Name()), info, largestRecords)
	}
	if err != nil || info.Size() == 0 {
		return nil, err
	}
	content := make([]byte, info.Size())
	if _, err := file.ReadAt(content, 0); err != nil {
		return nil, err
	}
	whole := bytes.LastIndexByte(content, '\n') + 1
	last := content[whole:]
	switch {
	case len(last) == 0:
		return nil, nil
	case json.Unmarshal(last, new(Measurement)) == nil:
		return []byte{'\n'}, nil
	default:
		return nil, file.Truncate(int64(whole))
	}
}

// ReadMeasurements reads curvature.jsonl for those who append to it; none when there is no such file. A torn last
// line is left out with a warning, any other line that is no measurement is an error.
func ReadMeasurements(dir string) (measurements []Measurement, warnings []string, err error) {
	lines, warnings, err := wholeLines[Measurement](dir, MeasurementsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	for _, l := range lines {
		measurements = append(measurements, l.value)
	}
	return measurements, warnings, nil
}
