package slurm

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	got, err := Options([]string{"partition=gpu", "--gres=gpu:1", "exclusive", "comment=a b, c", "array=%4"})
	want := []string{"--partition=gpu", "--gres=gpu:1", "--exclusive", "--comment=a b, c", "--array=%4"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if tasks, others := array(12, got); tasks != "--array=1-12%4" || !reflect.DeepEqual(others, want[:4]) {
		t.Errorf("tasks %q, %q, want 12, no more than 4 at a time, and the others", tasks, others)
	}
	if tasks, _ := array(12, nil); tasks != "--array=1-12" {
		t.Errorf("tasks %q, want 12", tasks)
	}
	for _, wrong := range []string{
		"", "=gpu", "-p gpu", "p gpu", "array=1-4", "array=%0", "array", "wrap=ls", "--output=x",
	} {
		if got, err := Options([]string{wrong}); err == nil || !strings.Contains(err.Error(), "--sbatch") {
			t.Errorf("%q: %q, %v, want an error", wrong, got, err)
		}
	}
}

// The script of a task calls its command alone, with arguments as they are, in the folder where it was written, and
// puts itself back into the queue when that was stopped, unless Slurm or its user has ended it.
func TestScript(t *testing.T) {
	for _, tt := range []struct {
		name, task, state, ends string
		code                    int
		want                    string
	}{
		{"done", "2", "RUNNING", "exit 0", 0, ""},
		{"failed", "2", "RUNNING", "exit 1", 1, ""},
		{"killed for its memory", "2", "RUNNING", "kill -KILL $$", 137, ""},
		{"saved", "2", "RUNNING", "exit 130", 130, "requeue 7_2"},
		{"stopped before it could save", "2", "RUNNING", "kill -TERM $$", 143, "requeue 7_2"},
		{"saved, and put back by Slurm", "2", "PENDING", "exit 130", 130, ""},
		{"cancelled", "2", "COMPLETING", "exit 130", 130, ""},
		{"notice given to its shell alone", "2", "RUNNING",
			"trap 'exit 130' TERM; kill -TERM $PPID; sleep 60 >/dev/null 2>&1 & wait", 130, "requeue 7_2"},
		{"no such task", "3", "RUNNING", "exit 0", 2, ""},
	} {
		for _, shell := range []string{"sh", "bash"} { // which is sh on many clusters
			if _, err := exec.LookPath(shell); err != nil {
				continue
			}
			t.Run(shell+": "+tt.name, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "it's here")
				if err := os.Mkdir(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				for name, text := range map[string]string{
					"program":  "#!/bin/sh\npwd >called; printf '%s\\n' \"$@\" >>called\n" + tt.ends + "\n",
					"squeue":   "#!/bin/sh\necho " + tt.state + "\n",
					"scontrol": "#!/bin/sh\necho \"$@\" >requeued\n",
					"job.sh":   script(dir, filepath.Join(dir, "program"), []string{"one", "train '--method=a:b c' --seed=2"}),
				} {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
						t.Fatal(err)
					}
				}
				cmd := exec.Command(shell, filepath.Join(dir, "job.sh"))
				cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "SLURM_ARRAY_JOB_ID=7",
					"SLURM_ARRAY_TASK_ID="+tt.task)
				out, _ := cmd.CombinedOutput()
				called, _ := os.ReadFile(filepath.Join(dir, "called"))
				if want := dir + "\ntrain\n--method=a:b c\n--seed=2\n"; tt.task == "2" && string(called) != want {
					t.Errorf("called %q, want %q", called, want)
				}
				requeued, _ := os.ReadFile(filepath.Join(dir, "requeued"))
				if got := strings.TrimSpace(string(requeued)); cmd.ProcessState.ExitCode() != tt.code || got != tt.want {
					t.Errorf("exit %d, %q, want %d and %q: %s", cmd.ProcessState.ExitCode(), got, tt.code, tt.want, out)
				}
			})
		}
	}
}

// Errors of Slurm's commands are one line.
func TestCall(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":/bin:/usr/bin")
	text := "#!/bin/sh\necho 'sbatch: error: one' >&2; echo 'sbatch: two' >&2; exit 3\n"
	if err := os.WriteFile(filepath.Join(dir, "sbatch"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := call(context.Background(), "sbatch")
	if want := "slurm: sbatch: one; two (exit status 3)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
	if _, err := call(context.Background(), "xsam-no-such-command"); err == nil || !strings.Contains(err.Error(),
		"--list-runs") {
		t.Errorf("%v, want what to do instead", err)
	}
}

func TestThisProgram(t *testing.T) {
	if _, err := thisProgram(); err != nil {
		t.Errorf("a test's program: %v", err)
	}
	if made := "/tmp/go-build123/b001/exe/xsam"; !ofGoRun.MatchString(made) {
		t.Errorf("%s is taken for one that stays", made)
	}
}
