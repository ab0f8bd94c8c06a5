package flags

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Recorded returns what runs have recorded and the command line goes on from: the file of --config, or with --resume
// the folder of the runs, which may be the only argument. nil is for a command line that stands by itself. Flags are to
// be laid over it. run is the directory of the only run that is meant, "" for all in the folder.
func (f *Run) Recorded(flags *Recipe, args []string, run string) (*recipe.Comparison, error) {
	if len(args) > 0 {
		switch {
		case !f.Resume:
			return nil, exit.Usagef("%s: want no argument, but for a folder to go on with: --resume %s", args[0], args[0])
		case f.Out != "" && filepath.Clean(f.Out) != filepath.Clean(args[0]):
			return nil, exit.Usagef("--resume %s with --out %s: want one folder", args[0], f.Out)
		}
		if _, err := os.Stat(args[0]); err != nil {
			return nil, exit.Usagef("--resume %s: there is no such folder: want one that --out made", args[0])
		}
		f.Out = args[0]
	}
	switch {
	case f.config != "" && f.Resume:
		return nil, exit.Usagef("--config with --resume: the runs that are there have a recipe: want one of them")
	case f.config != "":
		c, err := recipe.ReadComparison(f.config)
		return f.over(c, err)
	case !f.Resume:
		return nil, nil
	case f.Out == "" && !flags.Lookup("data").Changed && !flags.Lookup("model").Changed:
		newest, err := NewestRuns()
		if err != nil {
			return nil, err
		}
		f.Out = newest
	case f.Out == "":
		return nil, nil // Folder looks for the newest of this data and model
	}
	if run != "" && runlog.IsRun(os.DirFS(filepath.Join(f.Out, run)), ".") {
		c, err := recipe.ReadComparison(filepath.Join(f.Out, run))
		return f.over(c, err)
	}
	c, err := recipe.ReadComparison(f.Out)
	if errors.Is(err, fs.ErrNotExist) && runlog.IsRun(os.DirFS(f.Out), ".") {
		return nil, fmt.Errorf("--resume %s: it holds records and no %s: put that back, or choose another folder", f.Out,
			runlog.ConfigFile)
	}
	if _, statErr := os.Stat(filepath.Join(f.Out, runlog.ComparisonFile)); err != nil && statErr == nil { // it is damaged
		return nil, err
	}
	if errors.Is(err, fs.ErrNotExist) || err != nil && len(args) == 0 && f.set.Changed("out") {
		return nil, nil // nothing is there yet, or runs of several recipes, of which the flags say which
	}
	if err == nil && runlog.IsRun(os.DirFS(f.Out), ".") {
		path, absErr := filepath.Abs(f.Out)
		if of := runlog.Name(c.Methods[0], c.Seed); absErr != nil || of != filepath.Base(path) {
			return nil, fmt.Errorf("--resume %s: its %s is of the run %s: it is another run's, or the folder has another "+
				"name than its run: put it back, or rename the folder", f.Out, runlog.ConfigFile, of)
		}
		if f.Out = filepath.Dir(filepath.Clean(f.Out)); f.Out == "." {
			f.Out = filepath.Dir(path)
		}
	}
	return f.over(c, err)
}

// over takes from a comparison how its runs are made, where no flag says so.
func (f *Run) over(c recipe.Comparison, err error) (*recipe.Comparison, error) {
	if err != nil {
		return nil, err
	}
	was := c.Running
	f.origins = was.Origins
	for name, take := range map[string]func(){
		"devices":         func() { f.Devices = was.Devices },
		"keep-every":      func() { f.keepEvery = was.KeepEvery },
		"curvature-every": func() { f.curvatureEvery = was.CurvatureEvery },
		"on-nonfinite": func() {
			if was.OnNonfinite != "" {
				f.onNonfinite = was.OnNonfinite
			}
		},
		"tensorboard": func() { f.TensorBoard = was.TensorBoard },
	} {
		if !f.set.Changed(name) {
			take()
		}
	}
	return &c, nil
}

// running is how the runs are made, for the record.
func (f *Run) running() recipe.Running {
	return recipe.Running{Devices: f.Devices, KeepEvery: f.keepEvery, CurvatureEvery: f.curvatureEvery,
		OnNonfinite: f.onNonfinite, TensorBoard: f.TensorBoard, Origins: f.origins}
}

// NewestRuns is the newest folder of runs in the one where runs go.
func NewestRuns() (string, error) {
	entries, err := os.ReadDir(RunsFolder)
	newest, latest := "", int64(0)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() {
			continue
		}
		if at := info.ModTime().UnixNano(); newest == "" || at > latest {
			newest, latest = filepath.Join(RunsFolder, e.Name()), at
		}
	}
	if newest == "" || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", exit.Usagef("there is no folder of runs in %s: want its name, or runs: xsam compare", RunsFolder)
	}
	return newest, nil
}

// Record leaves in the folder of the runs what was asked for, unless runs are there that are to be left alone. It
// refuses a folder with a comparison that asked for something else: --force replaces that.
func (f *Run) Record(c recipe.Comparison, out string, dirs []string) error {
	if old, err := recipe.ReadComparison(filepath.Join(out, runlog.ComparisonFile)); err == nil && !f.Force {
		more, err := recipe.Extends(old.Recipe, c.Recipe)
		if err != nil {
			return err
		}
		changed := c.Differences(old)
		if len(changed) > 0 && !(more && f.Resume) {
			folder := show.Path(out)
			return fmt.Errorf("compare: %s holds a comparison of another recipe (%s): want another --out, --resume %s "+
				"without what differs, or --force, which overwrites", folder, strings.Join(changed, ", "), show.Quoted(folder))
		}
	}
	for _, dir := range dirs {
		if !f.Resume && !f.Force && runlog.IsRun(os.DirFS(dir), ".") {
			return nil
		}
	}
	return c.Write(out)
}
