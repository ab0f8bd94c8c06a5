//go:build unix

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// beside are the commands that may come to one folder at a time.
var beside = []string{
	"train --method sgd", "train --method sgd --force", "train --method sgd --resume", "compare --methods sgd --seeds 1",
	"compare --methods sgd --seeds 1 --force", "compare --methods sgd --seeds 1 --resume",
	"curvature runs/sgd-seed0 --measure trace --probes 3 --examples 32 --batch 32 --backend go", "report runs",
}

// besideRecipe is that of the runs: long enough to meet another process.
const besideRecipe = " --model mlp --train-size 64 --test-size 32 --batch 16 --epochs 60 --eval-every 0 --lambda-products 0" +
	" --schedule constant --backend go --quiet --out runs --lr "

// process is a command in a folder.
type process struct {
	*exec.Cmd
	printed bytes.Buffer
}

func begin(t *testing.T, dir, command, lr string) *process {
	t.Helper()
	if strings.HasPrefix(command, "train") || strings.HasPrefix(command, "compare") {
		command += besideRecipe + lr
	}
	p := &process{Cmd: exec.Command(os.Args[0], "-test.run=^TestMainToBeStopped$")}
	p.Dir, p.Stdout, p.Stderr = dir, &p.printed, &p.printed
	p.Env = append(os.Environ(), "GLIBC_TUNABLES=", signalArgs+"="+command)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// compared tells whether a process has made a comparison.
func (p *process) compared(c recipe.Comparison) bool {
	rate := fmt.Sprint("--lr ", c.Recipe.LearningRate)
	command := p.Env[len(p.Env)-1]
	return p.ProcessState.Success() && strings.Contains(command, "=compare ") && strings.HasSuffix(command, rate)
}

// outcome is what a run has recorded, without times.
type outcome struct {
	summary      runlog.Summary
	records      []runlog.Record
	measurements []runlog.Measurement
}

func outcomeOf(run *runlog.Run) (o outcome) {
	o = outcome{run.Summary, slices.Clone(run.Records), slices.Clone(run.Measurements)}
	o.summary.StepSecondsMedian, o.summary.WallSeconds = runlog.Number{}, runlog.Number{}
	for i := range o.records {
		o.records[i].StepSeconds = runlog.Number{}
	}
	for i := range o.measurements {
		o.measurements[i].Seconds = runlog.Number{}
	}
	return o
}

// Two processes at a time in one folder of runs, whatever they do there: one is refused, with who holds it or what is
// there, or they do not disturb each other. What is recorded then is what one alone would have recorded, and what
// comparison.json says is the recipe of the runs.
func TestTwoCommandsInOneFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("many processes")
	}
	alone := map[string]outcome{}
	finished := ""
	for _, lr := range []string{"0.01", "0.02"} { // the second is the run that is there
		finished = t.TempDir()
		for _, command := range []string{beside[0], beside[6]} {
			if p := begin(t, finished, command, lr); p.Wait() != nil {
				t.Fatalf("%s: %s", command, p.printed.String())
			}
		}
		run, err := runlog.ReadRun(filepath.Join(finished, "runs", "sgd-seed0"))
		if err != nil {
			t.Fatal(err)
		}
		alone[lr] = outcomeOf(run)
	}
	pairs := 0
	for i, first := range beside {
		for j, second := range beside {
			if os.Getenv("XSAM_FAULTS") == "" && (i*len(beside)+j)%7 != 4 {
				continue
			}
			for _, late := range []bool{true, false} {
				pairs++
				dir := t.TempDir()
				if i != 0 && i != 3 {
					if err := os.CopyFS(dir, os.DirFS(finished)); err != nil {
						t.Fatal(err)
					}
				}
				lr := "0.01"
				if strings.Contains(second, "--resume") {
					lr = "0.02"
				}
				a := begin(t, dir, first, "0.02")
				ended := make(chan error, 1)
				go func() { ended <- a.Wait() }()
				for wait := time.Now().Add(2 * time.Second); late && time.Now().Before(wait) && len(ended) == 0; {
					if claims, _ := filepath.Glob(filepath.Join(dir, "runs/sgd-seed0/claim*")); len(claims) > 0 {
						break
					}
					time.Sleep(time.Millisecond)
				}
				b := begin(t, dir, second, lr)
				<-ended
				_ = b.Wait()
				checkBeside(t, fmt.Sprintf("%s, and %s (late: %v)", first, second, late), dir, a, b, alone)
			}
		}
	}
	t.Logf("%d pairs", pairs)
}

// checkBeside looks at what two processes have left.
func checkBeside(t *testing.T, what, dir string, a, b *process, alone map[string]outcome) {
	t.Helper()
	for _, p := range []*process{a, b} {
		if code := p.ProcessState.ExitCode(); code < 0 || code > 2 || code > 0 && reasons(p.printed.String()) > 2 {
			t.Errorf("%s: exit %d, %s", what, code, p.printed.String())
		}
	}
	said := fmt.Sprintf("exit %d, %sexit %d, %s", a.ProcessState.ExitCode(), a.printed.String(), b.ProcessState.ExitCode(),
		b.printed.String())
	path := filepath.Join(dir, "runs", "sgd-seed0")
	run, err := runlog.ReadRun(path)
	if err != nil || len(run.Problems) > 0 {
		t.Errorf("%s: %v, %v\n%s", what, run, err, said)
		return
	}
	got, saved := outcomeOf(run), recipe.Saved{}
	if err := run.Decode(&saved); err != nil {
		t.Fatal(err)
	}
	want := alone[fmt.Sprint(saved.LearningRate)]
	if len(got.measurements) == 0 { // nobody has measured this run
		want.measurements = nil
	}
	got.measurements = runlog.Newest(got.measurements)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: the record is\n%+v\nwant that of a run alone\n%+v\n%s", what, got, want, said)
	}
	asked, err := recipe.ReadComparison(filepath.Join(dir, "runs", runlog.ComparisonFile))
	if !errors.Is(err, fs.ErrNotExist) && (err != nil || !a.compared(asked) && !b.compared(asked)) {
		t.Errorf("%s: asked for is lr %v, %v, which no comparison has made\n%s", what, asked.Recipe.LearningRate, err, said)
	}
	if left, _ := filepath.Glob(filepath.Join(path, "claim*")); len(left) > 0 {
		t.Errorf("%s: %v is left", what, left)
	}
}
