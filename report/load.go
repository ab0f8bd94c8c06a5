package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// Run is a run directory as far as it could be read.
type Run struct {
	// Name is the path of the directory within the file system it was read from.
	Name string
	// Config is the part of config.json that a report understands, Raw all of it.
	Config Config
	Raw    json.RawMessage
	// Summary is summary.json. A run without one has the method and the seed of its recipe and is not finished.
	Summary runlog.Summary
	// Records are the readable lines of metrics.jsonl. Measurements are those of curvature.jsonl: the newest of each, without parts
	// of measurements that were interrupted.
	Records      []runlog.Record
	Measurements []runlog.Measurement
	// Problems name the files that are not as they should be, and say what was left out.
	Problems []string
}

// Comparison is a folder of runs: what one table and one set of charts show.
type Comparison struct {
	// Name is the title, the name of the folder.
	Name string
	// Runs are sorted by method and seed.
	Runs []Run
	// Problems are those of directories that hold no readable run.
	Problems []string
}

// Load reads the run directories dirs of a file system. Directories whose config.json cannot be read are no runs but problems
// of the comparison; whatever else cannot be read is left out, and named in the problems of its run.
func Load(fsys fs.FS, name string, dirs []string) *Comparison {
	c := &Comparison{Name: name}
	for _, dir := range dirs {
		run, err := loadRun(fsys, dir)
		if err != nil {
			c.Problems = append(c.Problems, err.Error())
			continue
		}
		c.Runs = append(c.Runs, run)
	}
	c.sort()
	return c
}

// sort puts the runs in the order of the page.
func (c *Comparison) sort() {
	slices.SortStableFunc(c.Runs, func(a, b Run) int {
		if byMethod := compareMethods(a.Summary.Method, b.Summary.Method); byMethod != 0 {
			return byMethod
		}
		return cmp.Compare(a.Summary.Seed, b.Summary.Seed)
	})
}

// Merge adds the runs and the problems of another comparison.
func (c *Comparison) Merge(other *Comparison) {
	c.Runs, c.Problems = append(c.Runs, other.Runs...), append(c.Problems, other.Problems...)
	c.sort()
}

// AllProblems are the problems of the comparison and of its runs.
func (c *Comparison) AllProblems() []string {
	all := slices.Clone(c.Problems)
	for _, r := range c.Runs {
		all = append(all, r.Problems...)
	}
	return all
}

// List returns the run directories directly under dir: the folders that hold a config.json.
func List(fsys fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	var dirs []string
	for _, e := range entries {
		sub := path.Join(dir, e.Name())
		if IsRun(fsys, sub) {
			dirs = append(dirs, sub)
		}
	}
	return dirs, nil
}

// IsRun tells whether dir is a run directory.
func IsRun(fsys fs.FS, dir string) bool {
	info, err := fs.Stat(fsys, path.Join(dir, runlog.ConfigFile))
	return err == nil && info.Mode().IsRegular()
}

func loadRun(fsys fs.FS, dir string) (Run, error) {
	run := Run{Name: dir}
	config := path.Join(dir, runlog.ConfigFile)
	text, err := readFile(fsys, config)
	if err != nil {
		return run, fmt.Errorf("%s cannot be read: %w", config, err)
	}
	if err := json.Unmarshal(text, &run.Config); err != nil {
		return run, fmt.Errorf("%s is no valid recipe and its run is left out: %w", config, err)
	}
	if run.Config.Method == "" {
		return run, fmt.Errorf("%s names no method and its run is left out: want the config.json of a run", config)
	}
	run.Raw, run.Config.Method = text, runlog.Label(text, run.Config.Method)
	run.loadSummary(fsys, dir)
	run.Records = loadLines[runlog.Record](fsys, path.Join(dir, runlog.MetricsFile), &run.Problems)
	measured := loadLines[runlog.Measurement](fsys, path.Join(dir, runlog.MeasurementsFile), &run.Problems)
	run.Measurements = runlog.Newest(slices.DeleteFunc(measured, func(m runlog.Measurement) bool { return m.Reason == runlog.ReasonInterrupted }))
	return run, nil
}

// largestFile is the size of a record file above which it is taken for something else: 200 epochs need less than 1 MB.
const largestFile = 256 << 20

// readFile reads a record file. It does not wait for a pipe, nor fill the memory with what is no record.
func readFile(fsys fs.FS, file string) ([]byte, error) {
	info, err := fs.Stat(fsys, file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", file)
	}
	if info.Size() > largestFile {
		return nil, fmt.Errorf("%s has %d bytes, more than %d: want the record of a run", file, info.Size(), largestFile)
	}
	return fs.ReadFile(fsys, file)
}

// loadSummary reads summary.json. Where there is none, or a broken one, the run counts as unfinished.
func (r *Run) loadSummary(fsys fs.FS, dir string) {
	file := path.Join(dir, runlog.SummaryFile)
	text, err := readFile(fsys, file)
	if err == nil {
		err = json.Unmarshal(text, &r.Summary)
		if err == nil {
			r.Summary.Method = runlog.Label(r.Raw, r.Summary.Method)
			return
		}
	}
	stopped := "it has no " + runlog.SummaryFile
	if !errors.Is(err, fs.ErrNotExist) {
		stopped = "its " + runlog.SummaryFile + " cannot be read"
		r.Problems = append(r.Problems, fmt.Sprintf("%s cannot be read and the run counts as unfinished: %v", file, err))
	}
	c := r.Config
	r.Summary = runlog.Summary{Method: c.Method, Seed: c.Seed, Data: c.Data, Model: c.Model, Backend: c.Backend, Stopped: stopped}
}

// loadLines reads a file of one JSON object a line. A file that is not there has no lines. A broken line is left out and named;
// a last line without an end is being written just now, or was cut off, and is left out in silence.
func loadLines[T any](fsys fs.FS, file string, problems *[]string) (lines []T) {
	content, err := readFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		*problems = append(*problems, fmt.Sprintf("%s cannot be read: %v", file, err))
		return nil
	}
	var broken []string
	for number := 1; len(content) > 0; number++ {
		text, rest, ended := bytes.Cut(content, []byte{'\n'})
		content = rest
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		var line T
		if err := json.Unmarshal(text, &line); err == nil {
			lines = append(lines, line)
		} else if ended {
			broken = append(broken, fmt.Sprint(number))
		}
	}
	const shown = 5
	if n := len(broken); n > shown {
		broken = append(broken[:shown], fmt.Sprintf("and %d more", n-shown))
	}
	if len(broken) > 0 {
		*problems = append(*problems, fmt.Sprintf("%s: no valid record in line %s, left out", file, strings.Join(broken, ", ")))
	}
	return lines
}

// Summaries are the outcomes of the runs, for compare.New.
func (c *Comparison) Summaries() []runlog.Summary {
	var all []runlog.Summary
	for _, r := range c.Runs {
		all = append(all, r.Summary)
	}
	return all
}

// Methods are the methods in the order of the page.
func (c *Comparison) Methods() []string {
	var methods []string
	for _, r := range c.Runs {
		if !slices.Contains(methods, r.Summary.Method) {
			methods = append(methods, r.Summary.Method)
		}
	}
	return methods
}

// of returns the runs of a method.
func (c *Comparison) of(method string) (runs []Run) {
	for _, r := range c.Runs {
		if r.Summary.Method == method {
			runs = append(runs, r)
		}
	}
	return runs
}

// table compares with a baseline; "" is the one that compare chooses.
func (c *Comparison) table(baseline string) *compare.Table {
	return compare.New(c.Summaries(), compare.Options{Methods: c.Methods(), Baseline: baseline})
}
