package runlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
)

// Run is a run directory as far as it could be read.
type Run struct {
	// Dir is the path of the directory, as it was given.
	Dir string
	// Raw is config.json without its checksum, Setup what readers understand of it.
	Raw   json.RawMessage
	Setup Setup
	// Summary is summary.json, under the method of Setup. Without a readable one it holds what Setup says of the run,
	// which counts as not finished, and Stopped says why.
	Summary Summary
	// Records are the readable lines of metrics.jsonl, Measurements those of curvature.jsonl.
	Records      []Record
	Measurements []Measurement
	sums         []string // of Records, "" of those without
	// Problems name the files that are not as they should be, and say what was left out. A file that is not there yet
	// is no problem, nor is a last line that is being written, or was cut off and will be made again.
	Problems []string
}

// ReadRun reads a run directory, whether or not the run has ended. Only config.json has to be there and to be readable;
// without one the error wraps fs.ErrNotExist.
func ReadRun(dir string) (*Run, error) { return open(os.DirFS(dir), ".", dir) }

// Open is ReadRun of a directory in a file system.
func Open(fsys fs.FS, dir string) (*Run, error) { return open(fsys, dir, dir) }

// open reads dir, which messages call by another name.
func open(fsys fs.FS, dir, name string) (*Run, error) {
	r := &Run{Dir: name}
	config := filepath.Join(name, ConfigFile)
	text, err := readFile(fsys, path.Join(dir, ConfigFile))
	if err != nil {
		const want = "want a folder <out>/<method>-seed<k> of xsam train or compare"
		return nil, fmt.Errorf("runlog: %s cannot be read: %w: %s", config, err, want)
	}
	if r.Raw, err = Unseal(text); err != nil {
		return nil, fmt.Errorf("runlog: %s cannot be read: %w", config, err)
	}
	if r.Setup, err = newSetup(r.Raw, config); err != nil {
		return nil, err
	}
	_, sum := unseal(text)
	ends := r.readSummary(fsys, dir)
	if was := ends[ConfigFile]; was != "" && was != sum {
		r.problem(ConfigFile, " is not the one that its %s is of", SummaryFile)
	}
	r.Records, r.sums = recordsIn[Record](r, fsys, dir, MetricsFile)
	if r.Summary.Finished && len(r.Problems) == 0 {
		r.checkEnd()
	}
	if was := ends[MetricsFile]; was != "" && !slices.Equal(r.sums[max(0, len(r.sums)-1):], []string{was}) &&
		len(r.Problems) == 0 {
		r.problem(MetricsFile, " does not end with the line that its %s is of: it is another run's, or lines are gone",
			SummaryFile)
	}
	r.Measurements, _ = recordsIn[Measurement](r, fsys, dir, MeasurementsFile)
	r.leaveOutOthers()
	return r, nil
}

// leaveOutOthers leaves out measurements of other runs.
func (r *Run) leaveOutOthers() {
	name, all := r.Setup.name(), len(r.Measurements)
	r.Measurements = slices.DeleteFunc(r.Measurements, func(m Measurement) bool { return m.OfAnother(name) })
	if others := all - len(r.Measurements); others > 0 {
		r.problem(MeasurementsFile, ": %d of %d measurements are of another run than %s, left out", others, all, name)
	}
}

// Holds tells whether metrics.jsonl has a line of this checksum: see Metrics.Sum.
func (r *Run) Holds(sum string) bool { return slices.Contains(r.sums, sum) }

// checkEnd reports records of a finished run that are gone: there is one of its last step.
func (r *Run) checkEnd() {
	last := int64(0)
	for _, record := range r.Records {
		last = max(last, record.Step)
	}
	switch {
	case len(r.Records) == 0:
		r.problem(MetricsFile, " has no records, though the run has finished: it was emptied or removed")
	case last < r.Summary.Steps:
		r.problem(MetricsFile, " ends at step %d of the %d of the finished run: its end was cut off", last, r.Summary.Steps)
	}
}

// Decode puts config.json into the value that into points to.
func (r *Run) Decode(into any) error {
	if err := json.Unmarshal(r.Raw, into); err != nil {
		return fmt.Errorf("runlog: %s is no valid recipe: %w", filepath.Join(r.Dir, ConfigFile), err)
	}
	return nil
}

// ReadRuns reads the run directories directly under a folder, by their names. A config.json that cannot be read is an
// error.
func ReadRuns(out string) (runs []*Run, err error) {
	dirs, err := list(os.DirFS(out), ".")
	if err != nil {
		return nil, fmt.Errorf("runlog: cannot list the runs in %s: %w", out, err)
	}
	for _, dir := range dirs {
		r, err := ReadRun(filepath.Join(out, dir))
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// Summaries are the outcomes of runs.
func Summaries(runs []*Run) (all []Summary) {
	for _, r := range runs {
		all = append(all, r.Summary)
	}
	return all
}

// List returns the run directories directly under dir, sorted by name.
func List(fsys fs.FS, dir string) ([]string, error) {
	dirs, err := list(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("runlog: cannot list the runs in %s: %w", dir, err)
	}
	return dirs, nil
}

func list(fsys fs.FS, dir string) (dirs []string, err error) {
	entries, err := fs.ReadDir(fsys, dir)
	for _, e := range entries {
		if sub := path.Join(dir, e.Name()); IsRun(fsys, sub) {
			dirs = append(dirs, sub)
		}
	}
	return dirs, err
}

// trial is the name of a run directory of package tuning.
var trial = regexp.MustCompile(`-trial\d+(-seed\d+)?$`)

// AreTrials tells whether run directories are the trials of a search: each of other settings, and so no comparison.
func AreTrials(dirs []string) bool {
	return len(dirs) > 0 && !slices.ContainsFunc(dirs, func(dir string) bool { return !trial.MatchString(dir) })
}

// IsRun tells whether dir is a run directory: whether it holds a config.json, or records that lack one.
func IsRun(fsys fs.FS, dir string) bool {
	info, err := fs.Stat(fsys, path.Join(dir, ConfigFile))
	if err == nil && info.Mode().IsRegular() {
		return true
	}
	for _, name := range []string{SummaryFile, MetricsFile} {
		if _, err := fs.Stat(fsys, path.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// readSummary reads summary.json and returns the checksums with which the files beside it end, or puts in its place
// what is known without one.
func (r *Run) readSummary(fsys fs.FS, dir string) (ends map[string]string) {
	var read outcome
	text, err := readFile(fsys, path.Join(dir, SummaryFile))
	if err == nil {
		text, err = Unseal(text)
	}
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err == nil {
		err = errors.Join(read.check(), r.Setup.owns(read.Summary))
	}
	if err == nil {
		r.Summary = read.Summary
		r.Summary.Method = r.Setup.Method
		return read.Ends
	}
	s := r.Setup
	r.Summary = Summary{Method: s.Method, Seed: s.Seed, Data: s.Data, Model: s.Model, Backend: s.Backend}
	r.Summary.Stopped = "it has no " + SummaryFile
	if !errors.Is(err, fs.ErrNotExist) {
		r.Summary.Stopped = "its " + SummaryFile + " cannot be read"
		r.problem(SummaryFile, " cannot be read and the run counts as unfinished: %v", err)
	}
	return nil
}

func (r *Run) problem(file, format string, args ...any) {
	r.Problems = append(r.Problems, filepath.Join(r.Dir, file)+fmt.Sprintf(format, args...))
}

// recordsIn reads what can be read of a file of one JSON object a line, and returns the checksums of the lines too.
func recordsIn[T checked](r *Run, fsys fs.FS, dir, file string) (records []T, sums []string) {
	lines, faults, err := readLines[T](fsys, path.Join(dir, file))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.problem(file, " cannot be read: %v", err)
	}
	if wrong := faults.String(); wrong != "" {
		r.problem(file, ": %s, left out", wrong)
	}
	_, err = fs.Stat(fsys, path.Join(dir, MeasuringClaimFile))
	switch {
	case faults.torn > 0 && file == MetricsFile && r.Summary.Finished:
		r.problem(file, ": line %d was cut off, though the run has finished", faults.torn)
	case faults.torn > 0 && file == MeasurementsFile && err != nil: // nobody is writing it
		r.problem(file, ": line %d was cut off, left out", faults.torn)
	}
	for _, l := range lines {
		records, sums = append(records, l.value), append(sums, l.sum)
	}
	return records, sums
}
