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

// ReadConfig reads config.json into the value that into points to. Without one the error is fs.ErrNotExist.
func ReadConfig(dir string, into any) error { return readJSON(filepath.Join(dir, ConfigFile), into) }

// ReadSummary reads summary.json, with the method as Label names it. Without one, of a run that has not ended, the error is
// fs.ErrNotExist.
func ReadSummary(dir string) (Summary, error) {
	var s Summary
	err := readJSON(filepath.Join(dir, SummaryFile), &s)
	s.label(dir)
	return s, err
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("runlog: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("runlog: %s is no valid record: %w", path, err)
	}
	return nil
}

// ReadMetrics reads metrics.jsonl in the order in which it was written. A torn last line, which a killed run may leave
// behind, is left out with a warning; any other line that is no record is an error that names it.
func ReadMetrics(dir string) (records []Record, warnings []string, err error) {
	lines, warnings, err := readLines(filepath.Join(dir, MetricsFile))
	for _, l := range lines {
		records = append(records, l.record)
	}
	return records, warnings, err
}

// line is one line of metrics.jsonl without its end, and what it says.
type line struct {
	text   []byte
	record Record
}

func readLines(path string) (lines []line, warnings []string, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("runlog: %w", err)
	}
	for number := 1; len(content) > 0; number++ {
		text, rest, ended := bytes.Cut(content, []byte{'\n'})
		content = rest
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		l := line{text: text}
		if err := json.Unmarshal(text, &l.record); err != nil {
			if !ended {
				warnings = append(warnings, fmt.Sprintf("%s: line %d was cut off while it was written and is left out", path, number))
				break
			}
			return nil, nil, fmt.Errorf("runlog: %s: line %d is no record: %w", path, number, err)
		}
		lines = append(lines, l)
	}
	return lines, warnings, nil
}

// Run is a run directory as it was read.
type Run struct {
	// Dir is the path of the directory.
	Dir string
	// Config is config.json as it stands.
	Config json.RawMessage
	// Summary is summary.json, nil for a run without one.
	Summary *Summary
	// Records are the lines of metrics.jsonl.
	Records []Record
	// Warnings say what was not as it should be.
	Warnings []string
}

// ReadRun reads a run directory, whether or not the run has ended. Only config.json has to be there.
func ReadRun(dir string) (*Run, error) {
	r := &Run{Dir: dir}
	if err := ReadConfig(dir, &r.Config); err != nil {
		return nil, err
	}
	summary, err := ReadSummary(dir)
	switch {
	case err == nil:
		r.Summary = &summary
	case errors.Is(err, fs.ErrNotExist):
		r.Warnings = append(r.Warnings, dir+": no "+SummaryFile+": the run has not ended")
	default:
		return nil, err
	}
	records, warnings, err := ReadMetrics(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	r.Records, r.Warnings = records, append(r.Warnings, warnings...)
	return r, nil
}

// List returns the run directories directly under out, sorted by name: those folders that hold a config.json.
func List(out string) ([]string, error) {
	entries, err := os.ReadDir(out)
	if err != nil {
		return nil, fmt.Errorf("runlog: %w", err)
	}
	var dirs []string
	for _, e := range entries {
		dir := filepath.Join(out, e.Name())
		if _, err := os.Stat(filepath.Join(dir, ConfigFile)); err == nil {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}
