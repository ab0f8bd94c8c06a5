package slurm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// task is what squeue says of a task. It knows those that have ended for some minutes.
type task struct {
	job    string // of the array
	number int    // from 1; 0 stands for all that were cancelled before they began
	state  string // RUNNING, PENDING, …
	why    string // it waits
	script string // of the job
}

// forgotten is the state of a task that is no longer in the queue.
const forgotten = "no longer in the queue"

// over are the states of tasks that have ended and will not be started again.
var over = []string{"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY",
	"PREEMPTED", "REVOKED", "TIMEOUT", forgotten}

// alive tells whether the task runs or will.
func (t task) alive() bool { return !slices.Contains(over, t.state) }

// queue returns the tasks of the user.
func queue(ctx context.Context) (tasks []task, err error) {
	text, err := call(ctx, "squeue", "--me", "--noheader", "--array", "--states=all", "--format=%F|%K|%T|%r|%o")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimRight(line, "\n"), "|", 5)
		if len(fields) < 5 {
			continue
		}
		number, err := strconv.Atoi(fields[1])
		if err != nil {
			number = 0 // it is N/A
		}
		tasks = append(tasks, task{fields[0], number, fields[2], fields[3], fields[4]})
	}
	return tasks, nil
}

// arraySize is the setting from which follows how many tasks a job may have.
var arraySize = regexp.MustCompile(`(?m)^MaxArraySize\s*=\s*([0-9]+)`)

// mostTasks is the number of tasks that a job may have: the largest number of one, since they begin with 1.
func mostTasks(ctx context.Context) (int, error) {
	text, err := call(ctx, "scontrol", "show", "config")
	if err != nil {
		return 0, err
	}
	found := arraySize.FindStringSubmatch(text)
	if found == nil {
		return 0, errors.New("slurm: scontrol show config names no MaxArraySize: want Slurm 20.02 or newer")
	}
	n, err := strconv.Atoi(found[1])
	if err != nil || n < 2 {
		return 0, fmt.Errorf("slurm: MaxArraySize is %s: array jobs are turned off here, use --list-runs", found[1])
	}
	return n - 1, nil
}

// prefix is what Slurm's commands begin a message with.
var prefix = regexp.MustCompile(`^\w+: (?:error: )?`)

// call runs one of Slurm's commands and returns what it prints. What it complains of becomes one line.
func call(ctx context.Context, name string, arguments ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, arguments...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("slurm: there is no %s here: want a machine on which jobs are submitted to Slurm, or "+
			"--list-runs for another scheduler", name)
	case err != nil:
		var said []string
		for line := range strings.Lines(complaint.String()) {
			said = append(said, prefix.ReplaceAllString(strings.TrimSpace(line), ""))
		}
		return "", fmt.Errorf("slurm: %s: %s (%w)", name, strings.Join(said, "; "), err)
	}
	return string(out), nil
}
