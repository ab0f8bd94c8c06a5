package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/runlog"
)

// loadComparisons reads the arguments of xsam report.
func loadComparisons(dirs []string) (comparisons []*report.Comparison, err error) {
	var single *report.Comparison
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s does not exist: want a folder with run records, as --out of xsam compare makes it", dir)
		} else if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("%s is a file: want a folder with run records, as --out of xsam compare makes it", dir)
		}
		clean, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		if runlog.IsRun(os.DirFS(clean), ".") { // a run directory itself
			loaded := report.Load(os.DirFS(filepath.Dir(clean)), "Runs", []string{filepath.Base(clean)})
			if single == nil {
				single = loaded
				comparisons = append(comparisons, single)
			} else {
				single.Merge(loaded)
			}
			continue
		}
		runs, err := runlog.List(os.DirFS(clean), ".")
		if err != nil {
			return nil, err
		}
		if len(runs) == 0 {
			return nil, fmt.Errorf("%s holds no run: want a folder with run directories (<method>-seed<k>), "+
				"as --out of xsam compare makes it, or a run directory", dir)
		}
		if err := flags.NoTrials(dir, runs); err != nil {
			return nil, err
		}
		comparisons = append(comparisons, report.Load(os.DirFS(clean), filepath.Base(clean), runs))
	}
	return comparisons, nil
}
