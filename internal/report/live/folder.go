package live

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/runlog"
)

// here is the name of the comparison whose runs lie in the folder itself.
const here = ""

// folder is the path of a comparison's folder below the root.
func folder(name string) string { return path.Join(".", name) }

// comparisons are the names of those folders directly below that hold runs, the last changed first, and "" when the
// folder itself does. Trials of a search are no comparison. A run directory that is being made has no config.json yet
// and shows with the next look.
func (s *Server) comparisons() ([]string, error) {
	fsys := s.root.FS()
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	type found struct {
		name    string
		changed int64
	}
	var all []found
	for _, e := range entries {
		if !e.IsDir() || runlog.IsRun(fsys, e.Name()) {
			continue
		}
		if runs, err := runlog.List(fsys, e.Name()); err == nil && len(runs) > 0 && !runlog.AreTrials(runs) {
			all = append(all, found{e.Name(), changed(fsys, e.Name())})
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return int(b.changed - a.changed) })
	var names []string
	if runs, err := runlog.List(fsys, "."); err == nil && len(runs) > 0 {
		names = append(names, here)
	}
	for _, f := range all {
		names = append(names, f.name)
	}
	return names, nil
}

// trials tells whether a search tries settings in a folder below, for runs that come later.
func (s *Server) trials() bool {
	fsys := s.root.FS()
	entries, err := fs.ReadDir(fsys, ".")
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		runs, err := runlog.List(fsys, e.Name())
		return err == nil && e.IsDir() && runlog.AreTrials(runs)
	})
}

// changed is when a folder got its newest entry, in seconds.
func changed(fsys fs.FS, name string) int64 {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return 0
	}
	return info.ModTime().Unix()
}

func (s *Server) title(name string) string {
	if name != here {
		return name
	}
	if abs, err := filepath.Abs(s.name); err == nil {
		return filepath.Base(abs)
	}
	return s.name
}

// load reads a comparison.
func (s *Server) load(name string) *report.Comparison {
	fsys := s.root.FS()
	runs, err := runlog.List(fsys, folder(name))
	c := report.Load(fsys, s.title(name), runs)
	if err != nil {
		c.Problems = append(c.Problems, err.Error())
	}
	return c
}

// loadAll reads comparisons.
func (s *Server) loadAll(names []string) (all []*report.Comparison) {
	for _, name := range names {
		all = append(all, s.load(name))
	}
	return all
}

// states is a text that changes when a record of one of the comparisons does.
func (s *Server) states(names []string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(s.state(name))
	}
	return b.String()
}

// state is a text that changes when a record of the comparison does.
func (s *Server) state(name string) string {
	fsys := s.root.FS()
	runs, err := runlog.List(fsys, folder(name))
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, r := range runs {
		for _, file := range []string{runlog.ConfigFile, runlog.MetricsFile, runlog.SummaryFile, runlog.MeasurementsFile} {
			if info, err := fs.Stat(fsys, path.Join(r, file)); err == nil {
				fmt.Fprintf(&b, "%s/%s %d %d\n", r, file, info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return b.String()
}

// listState is a text that changes when the list does.
func (s *Server) listState() string {
	names, err := s.comparisons()
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %v\n", name, s.outline(name))
	}
	return b.String()
}
