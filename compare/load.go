package compare

import (
	"errors"
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
			s = runlog.Summary{}
			if err = runlog.ReadConfig(dir, &s); err == nil {
				s.Finished, s.Stopped = false, "it has no "+runlog.SummaryFile
			}
		}
		if err != nil {
			return nil, err
		}
		runs = append(runs, s)
	}
	return runs, nil
}
