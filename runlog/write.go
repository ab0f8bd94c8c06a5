package runlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("runlog: cannot write %s: %w", path, err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("runlog: cannot write %s: %w", path, err)
	}
	return nil
}

// Metrics appends records to a run's metrics.jsonl.
type Metrics struct{ file *os.File }

// OpenMetrics opens metrics.jsonl for appending. Records for which keep is false are dropped, and a torn last line: what a run
// wrote after the checkpoint from which it goes on. The warnings are those of ReadMetrics.
func OpenMetrics(dir string, keep func(Record) bool) (*Metrics, []string, error) {
	path := filepath.Join(dir, MetricsFile)
	lines, warnings, err := readLines(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	var kept []byte
	for _, l := range lines {
		if keep(l.record) {
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
