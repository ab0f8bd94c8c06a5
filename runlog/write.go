package runlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/xsam-go/xsam/internal/regular"
)

// WriteConfig writes config.json, creating the run directory. config is anything that encoding/json makes an object of.
func WriteConfig(dir string, config any) error {
	if err := MakeDir(dir); err != nil {
		return err
	}
	return Write(filepath.Join(dir, ConfigFile), config)
}

// outcome is summary.json: with the checksums with which the files beside it end, so that it is known which they are.
type outcome struct {
	Summary
	Ends map[string]string `json:"ends,omitempty"`
}

// WriteSummary writes summary.json in one piece: a reader sees the whole of it or none. The records are those that are
// there.
func WriteSummary(dir string, s Summary) error {
	out := outcome{s, map[string]string{}}
	for _, name := range []string{ConfigFile, MetricsFile} {
		text, err := readFile(os.DirFS(dir), name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("runlog: %s cannot be read: %w", filepath.Join(dir, name), err)
		}
		if _, sum := unseal(text); sum != "" {
			out.Ends[name] = sum
		}
	}
	return Write(filepath.Join(dir, SummaryFile), out)
}

// Write replaces the file at path with the JSON of v, an object, in one piece and with a checksum.
func Write(path string, v any) error {
	text, err := Seal(v)
	if err != nil {
		return fmt.Errorf("runlog: %s cannot be written as JSON: %w", filepath.Base(path), err)
	}
	return replace(path, text)
}

// Read reads what Write has written, or another file of that kind, without its checksum, and returns an error when that
// does not fit.
func Read(path string) ([]byte, error) {
	text, err := regular.Read(path, largestOther)
	if err == nil {
		text, err = Unseal(text)
	}
	if err != nil {
		return nil, fmt.Errorf("runlog: %s cannot be read: %w", path, err)
	}
	return text, nil
}

// Metrics appends records to a run's metrics.jsonl.
type Metrics struct {
	file *os.File
	sum  string // of the last line
}

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
	sum := ""
	for _, l := range lines {
		if !keep(l.value) {
			continue
		}
		text := l.text // itself, with keys of other versions
		if l.sum != "" {
			text, sum = seal(sum, text)
		}
		kept = append(append(kept, text...), '\n')
	}
	if err := replace(path, kept); err != nil {
		return nil, nil, err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("runlog: cannot append to %s: %w", path, err)
	}
	return &Metrics{file, sum}, warnings, nil
}

// Append writes one record as one line, in one write.
func (m *Metrics) Append(r Record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("runlog: a record of step %d cannot be written as JSON: %w", r.Step, err)
	}
	text, sum := seal(m.sum, text)
	if _, err := m.file.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("runlog: cannot append to %s: %w", m.file.Name(), err)
	}
	m.sum = sum
	return nil
}

// Sum is the checksum of the last record, "" without one: it says which records there are up to then.
func (m *Metrics) Sum() string { return m.sum }

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
	start, before, err := endLastLine(file)
	if err == nil {
		text, _ = seal(before, text)
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
// whole measurement, and otherwise the end that it lacks is returned. sum is the checksum of the line before the next.
func endLastLine(file *os.File) (end []byte, sum string, err error) {
	info, err := file.Stat()
	if err == nil {
		err = regular.Check(filepath.Base(file.Name()), info, largestRecords)
	}
	if err != nil || info.Size() == 0 {
		return nil, "", err
	}
	content := make([]byte, info.Size())
	if _, err := file.ReadAt(content, 0); err != nil {
		return nil, "", err
	}
	whole := bytes.LastIndexByte(content, '\n') + 1
	switch last := content[whole:]; {
	case len(last) == 0:
	case json.Unmarshal(last, new(Measurement)) == nil:
		whole, end = len(content), []byte{'\n'}
	default:
		err = file.Truncate(int64(whole))
	}
	for line := range bytes.Lines(content[:whole]) {
		if _, has := unseal(line); has != "" {
			sum = has
		}
	}
	return end, sum, err
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
