package runlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// PlanFile, in the folder of run directories, names the runs that are to be made there.
const PlanFile = "plan.json"

// plan is the content of PlanFile.
type plan struct {
	Runs []string `json:"runs"` // names of run directories
}

// WritePlan adds runs, by the names of their directories, to those that are planned in a folder.
func WritePlan(out string, runs []string) error {
	before := Planned(os.DirFS(out), ".")
	all := slices.Clone(before)
	for _, name := range runs {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	if len(all) == len(before) {
		return nil
	}
	text, err := json.MarshalIndent(plan{all}, "", "  ")
	if err == nil {
		err = os.MkdirAll(out, 0o755)
	}
	if err != nil {
		return fmt.Errorf("runlog: %w", err)
	}
	file := filepath.Join(out, PlanFile)
	if err := errors.Join(os.WriteFile(file+".new", append(text, '\n'), 0o644), os.Rename(file+".new", file)); err != nil {
		return fmt.Errorf("runlog: the plan of the runs in %s: %w", out, err)
	}
	return nil
}

// Planned are the runs that are to be made in a folder, by the names of their directories: none where nothing readable
// says so.
func Planned(fsys fs.FS, dir string) []string {
	var p plan
	text, err := readFile(fsys, path.Join(dir, PlanFile))
	if err != nil || json.Unmarshal(text, &p) != nil {
		return nil
	}
	return p.Runs
}
