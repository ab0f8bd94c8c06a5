package slurm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/xsam-go/xsam/internal/cli/internal/show"
)

// folder, beside the runs, holds of each job its script, its note and what its tasks print: job1.sh, job1.json and
// job1-TASK.log.
const folder = "slurm"

// job is an array job, as its note has it.
type job struct {
	ID     string   `json:"id,omitempty"` // Slurm's; absent when it was not heard, and the script says which job it is
	Script string   `json:"script"`
	Runs   []string `json:"runs"` // the names of their directories: task 1 makes the first
}

// is tells whether a task is one of the job.
func (j *job) is(t task) bool {
	return (t.job == j.ID || j.ID == "" && t.script == j.Script) && t.number <= len(j.Runs)
}

// log is where a task prints to.
func (j *job) log(number int) string {
	return fmt.Sprintf("%s-%d.log", strings.TrimSuffix(j.Script, ".sh"), number)
}

// readJobs reads the notes under out.
func readJobs(out string) (jobs []*job, err error) {
	notes, err := filepath.Glob(filepath.Join(out, folder, "job*.json"))
	if err != nil {
		return nil, fmt.Errorf("slurm: %s: %w", out, err)
	}
	for _, path := range notes {
		j := &job{}
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, j)
		}
		if err != nil {
			return nil, fmt.Errorf("slurm: the note of a job is broken: %s: %w: look with squeue whether the job is there, and "+
				"remove the note", path, err)
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// submit submits a job under out whose tasks make runs by commands.
func submit(ctx context.Context, out string, runs, commands, options []string) (*job, error) {
	program, err := thisProgram()
	if err != nil {
		return nil, err
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("slurm: %w", err)
	}
	j, err := write(out, script(here, program, commands))
	if err != nil {
		return nil, fmt.Errorf("slurm: writing the job: %w", err)
	}
	j.Runs = runs
	tasks, others := array(len(runs), options)
	arguments := append([]string{"--parsable", "--job-name=xsam", tasks, "--requeue", "--signal=B:TERM@60",
		"--open-mode=append", "--output=" + strings.ReplaceAll(strings.TrimSuffix(j.Script, ".sh"), "%", "%%") + "-%a.log"},
		others...)
	err = j.note() // before there is a job that nobody would know
	if err == nil {
		var said string
		said, err = call(context.WithoutCancel(ctx), "sbatch", append(arguments, j.Script)...)
		j.ID, _, _ = strings.Cut(strings.TrimSpace(said), ";") // what follows is a cluster
	}
	if err != nil {
		os.Remove(j.notePath())
		os.Remove(j.Script)
		for _, made := range []string{filepath.Join(out, folder), out} { // unless there is something in it
			os.Remove(made)
		}
		return nil, err
	}
	return j, j.note()
}

// write leaves the script of a new job.
func write(out, text string) (*job, error) {
	dir, err := filepath.Abs(filepath.Join(out, folder))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	for n := 1; err == nil; n++ {
		path := filepath.Join(dir, fmt.Sprintf("job%d.sh", n))
		var f *os.File
		f, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
		if errors.Is(err, fs.ErrExist) {
			err = nil
			continue
		}
		if err == nil {
			_, err = f.WriteString(text)
			err = errors.Join(err, f.Close())
		}
		if err == nil {
			return &job{Script: path}, nil
		}
	}
	return nil, err
}

func (j *job) notePath() string { return strings.TrimSuffix(j.Script, ".sh") + ".json" }

// note writes the job's note in one piece.
func (j *job) note() error {
	text, err := json.MarshalIndent(j, "", "  ")
	if err == nil {
		err = os.WriteFile(j.notePath()+".tmp", append(text, '\n'), 0o644)
	}
	if err == nil {
		err = os.Rename(j.notePath()+".tmp", j.notePath())
	}
	if err != nil {
		return fmt.Errorf("slurm: noting the job of %s: %w", show.Path(j.Script), err)
	}
	return nil
}

// ofGoRun is the place of a program that go run makes and deletes.
var ofGoRun = regexp.MustCompile(`/go-build[0-9]+/b[0-9]+/exe/`)

// thisProgram is the path of the program that runs here, for the tasks.
func thisProgram() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("slurm: %w", err)
	}
	if ofGoRun.MatchString(path) {
		return "", fmt.Errorf("slurm: go run deletes %s, which the tasks are to call: build it in a folder that all nodes "+
			"see, with go build ./cmd/xsam, and call that", path)
	}
	return path, nil
}
