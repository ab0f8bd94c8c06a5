package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/xsam-go/xsam/runlog"
)

// Load reads the summaries of the run directories. A run without a summary comes as an unfinished one, under the method and
// seed of its config.json.
func Load(dirs []string) ([]runlog.Summary, error) {
	var runs []runlog.Summary
	for _, dir := range dirs {
		s, err := runlog.ReadSummary(dir)
		if errors.Is(err, fs.ErrNotExist) {
			s, err = unfinished(dir)
		}
		if err != nil {
			return nil, err
		}
		runs = append(runs, s)
	}
	return runs, nil
}

// unfinished is what stands for the summary of a run that has none.
func unfinished(dir string) (s runlog.Summary, err error) {
	var config json.RawMessage
	if err = runlog.ReadConfig(dir, &config); err != nil {
		return s, err
	}
	if err = json.Unmarshal(config, &s); err != nil {
		return s, fmt.Errorf("compare: %s: %s is no record: %w", dir, runlog.ConfigFile, err)
	}
	s.Method = runlog.Label(config, s.Method)
	s.Finished, s.Stopped = false, "it has no "+runlog.SummaryFile
	return s, nil
}
