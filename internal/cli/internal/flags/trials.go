package flags

import (
	"fmt"
	"path/filepath"

	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/tuning"
)

// NoTrials refuses a folder whose run directories are the trials of a search.
func NoTrials(dir string, runs []string) error {
	if !runlog.AreTrials(runs) {
		return nil
	}
	above := filepath.Dir(filepath.Clean(dir))
	if abs, err := filepath.Abs(dir); err == nil && above == "." {
		above = filepath.Dir(abs)
	}
	return fmt.Errorf("%s holds the trials of a search, which are no comparison: want the folder of the runs with the "+
		"chosen settings, %s, where %s lists the trials", show.Path(dir), show.Path(above), tuning.File)
}
