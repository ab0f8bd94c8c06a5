package slurm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ours are sbatch's options that are set here, and without which nothing would be found again.
var ours = []string{"array", "output", "error", "open-mode", "parsable", "quiet", "test-only", "wait", "wrap",
	"clusters"}

// Options turns words such as "partition=gpu" and "exclusive" into options of sbatch, which come after those of a job
// and take their place. Of "array" it takes "array=%4" alone: no more than 4 tasks at a time.
func Options(words []string) (options []string, err error) {
	for _, word := range words {
		name, value, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
		most, limits := strings.CutPrefix(value, "%")
		switch n, err := strconv.Atoi(most); {
		case name == "" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, " \t\n"):
			return nil, fmt.Errorf("--sbatch %q: want one long option of sbatch: --sbatch partition=gpu", word)
		case name == "array" && !(limits && err == nil && n > 0):
			return nil, fmt.Errorf("--sbatch %q: the tasks are the runs: want array=%%N, for N of them at a time", word)
		case name != "array" && slices.Contains(ours, name):
			return nil, fmt.Errorf("--sbatch %q: this is set already: want another option", word)
		}
		options = append(options, "--"+strings.TrimPrefix(word, "--"))
	}
	return options, nil
}

// array names the tasks 1 to n, and takes from options how many of them may run at a time.
func array(n int, options []string) (tasks string, others []string) {
	tasks = fmt.Sprintf("--array=1-%d", n)
	for _, o := range options {
		if most, ok := strings.CutPrefix(o, "--array="); ok {
			tasks = fmt.Sprintf("--array=1-%d%s", n, most)
		} else {
			others = append(others, o)
		}
	}
	return tasks, others
}
