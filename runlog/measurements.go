package runlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

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
		return fmt.Errorf("runlog: %w", err)
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

// endLastLine sees to it that the next line starts on its own: a last line without an end is cut away when it is no whole
// measurement, and otherwise the end that it lacks is returned.
func endLastLine(file *os.File) (end []byte, err error) {
	info, err := file.Stat()
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

// ReadMeasurements reads curvature.jsonl; none when there is no such file. A torn last line is left out with a warning.
func ReadMeasurements(dir string) (measurements []Measurement, warnings []string, err error) {
	path := filepath.Join(dir, MeasurementsFile)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, fmt.Errorf("runlog: %w", err)
	}
	for number := 1; len(content) > 0; number++ {
		text, rest, ended := bytes.Cut(content, []byte{'\n'})
		content = rest
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		var m Measurement
		if err := json.Unmarshal(text, &m); err != nil {
			if !ended {
				return measurements, []string{fmt.Sprintf("%s: line %d was cut off while it was written and is left out", path, number)}, nil
			}
			return nil, nil, fmt.Errorf("runlog: %s: line %d is no measurement: %w", path, number, err)
		}
		measurements = append(measurements, m)
	}
	return measurements, nil, nil
}
