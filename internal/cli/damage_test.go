//go:build unix

package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/runlog"
)

// damages are what becomes of a file; each is given its text.
var damages = []struct {
	name string
	do   func(path string, text []byte) error
}{
	{"emptied", func(path string, _ []byte) error { return os.WriteFile(path, nil, 0o644) }},
	{"a digit changed", func(path string, text []byte) error { // in its middle, where it has one
		changed := slices.Clone(text)
		at := len(text) / 2
		if i := bytes.IndexAny(text[at:], "123456789"); i >= 0 {
			at += i
		}
		if changed[at]++; changed[at] == '9'+1 {
			changed[at] = '8'
		}
		return os.WriteFile(path, changed, 0o644)
	}},
	{"a bit changed", func(path string, text []byte) error {
		changed := slices.Clone(text)
		changed[len(text)/3] ^= 4
		return os.WriteFile(path, changed, 0o644)
	}},
	{"half of it", func(path string, text []byte) error { return os.WriteFile(path, text[:len(text)/2], 0o644) }},
	{"zeros", func(path string, text []byte) error { return os.WriteFile(path, make([]byte, len(text)), 0o644) }},
	{"twice", func(path string, text []byte) error {
		return os.WriteFile(path, append(slices.Clone(text), text...), 0o644)
	}},
	{"something else", func(path string, _ []byte) error { return os.WriteFile(path, []byte("\xff\xfe<html>\n"), 0o644) }},
	{"another form", func(path string, _ []byte) error { return os.WriteFile(path, []byte("[[[1e999, null]]]\n"), 0o644) }},
	{"gone", func(path string, _ []byte) error { return os.Remove(path) }},
	{"a folder", func(path string, _ []byte) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) }},
	{"a pipe", func(path string, _ []byte) error {
		return errors.Join(os.Remove(path), exec.Command("mkfifo", path).Run())
	}},
	{"3 GB of nothing", func(path string, _ []byte) error { return os.Truncate(path, 3<<30) }},
	{"of another run", func(path string, _ []byte) error {
		other, err := filepath.Glob(filepath.Join("other", "sgd-seed1", strings.TrimPrefix(path, "runs/sgd-seed0/")))
		if len(other) == 0 { // a checkpoint, whose name has the time
			other, err = filepath.Glob("other/sgd-seed1/checkpoint/*" + filepath.Ext(path))
		}
		if err != nil || len(other) == 0 {
			other = []string{"other/" + filepath.Base(path)}
		}
		text, err := os.ReadFile(other[len(other)-1])
		return errors.Join(err, os.WriteFile(path, text, 0o644))
	}},
}

// mayBeMissing are files that a run lacks that was killed, or made by train, or not measured: then nothing is damaged.
var mayBeMissing = []string{runlog.SummaryFile, "../" + runlog.ComparisonFile, runlog.MeasurementsFile}

// readers are the commands that read a run, and the files that each reads; killed is for a run that has no summary.
var readers = []struct {
	command string
	killed  bool
	files   []string
}{
	{"report runs", false, []string{runlog.ConfigFile, runlog.MetricsFile, runlog.SummaryFile, runlog.MeasurementsFile}},
	{"compare --resume runs --backend go --quiet", false, []string{runlog.ConfigFile, runlog.MetricsFile, runlog.SummaryFile,
		"../" + runlog.ComparisonFile}},
	{"compare --resume runs --backend go --quiet", true, []string{runlog.ConfigFile, runlog.MetricsFile,
		"checkpoint/*.bin", "checkpoint/*.json", "checkpoint/*.manifest"}},
	{"train --resume runs/sgd-seed0 --backend go --quiet", true, []string{runlog.ConfigFile, runlog.MetricsFile, "checkpoint/*.bin"}},
	{"compare --config runs/comparison.json --out again --backend go --quiet", false, []string{"../" + runlog.ComparisonFile}},
	{"curvature runs/sgd-seed0 --measure trace --probes 3 --backend go --quiet", false, []string{runlog.ConfigFile,
		runlog.MeasurementsFile, "checkpoint/*.bin", "checkpoint/*.json", "checkpoint/*.manifest"}},
	{"export runs/sgd-seed0 --to net.npz --backend go", false, []string{runlog.ConfigFile, "checkpoint/*.bin",
		"checkpoint/*.json", "checkpoint/*.manifest"}},
	{"predict runs/sgd-seed0 --to lines.csv --backend go", false, []string{runlog.ConfigFile, "checkpoint/*.bin"}},
}

// Whatever becomes of a file of a run, each command that reads it names it, soon and in little memory.
func TestDamagedFilesAreNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("many commands")
	}
	t.Chdir(t.TempDir())
	tiny := " --model mlp --train-size 64 --test-size 32 --batch 16 --epochs 3 --eval-every 1 --lambda-examples 32 --backend go --quiet"
	for seed, out := range []string{"whole", "other"} {
		args := "compare --methods sgd --seeds 1 --schedule constant --out " + out + tiny + " --seed " + string(rune('0'+seed))
		xsam.Done(t, strings.Fields(args)...)
		dir := filepath.Join(out, runlog.Name("sgd", int64(seed)))
		xsam.Done(t, "curvature", dir, "--measure", "trace", "--probes", "4", "--backend", "go", "--quiet")
	}
	calls := 0
	for _, reader := range readers {
		for _, file := range reader.files {
			for i, damage := range damages {
				if os.Getenv("XSAM_FAULTS") == "" && (calls+i)%5 > 0 {
					continue
				}
				if damage.name == "gone" && slices.Contains(mayBeMissing, file) || damage.name == "emptied" &&
					file == runlog.MeasurementsFile {
					continue
				}
				calls++
				what := reader.command + ", " + file + " " + damage.name
				if err := errors.Join(os.RemoveAll("runs"), os.RemoveAll("again"), os.CopyFS("runs", os.DirFS("whole"))); err != nil {
					t.Fatal(err)
				}
				if reader.killed {
					if err := os.Remove("runs/sgd-seed0/" + runlog.SummaryFile); err != nil {
						t.Fatal(err)
					}
				}
				paths, err := filepath.Glob(filepath.Join("runs/sgd-seed0", file))
				if err != nil || len(paths) == 0 {
					t.Fatalf("%s: %v, %v", what, paths, err)
				}
				path := slices.Max(paths)
				text, err := os.ReadFile(path)
				if err == nil {
					err = damage.do(path, text)
				}
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				checkDamaged(t, what, strings.TrimSuffix(path, filepath.Ext(path)), reader.command)
			}
		}
	}
	t.Logf("%d calls", calls)
}

// checkDamaged runs a command that has to name a path.
func checkDamaged(t *testing.T, what, path, command string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := time.Now()
	type result struct {
		said string
		code int
	}
	ended := make(chan result, 1)
	go func() {
		var stdout, stderr bytes.Buffer
		code := xsam.Start(context.Background(), &stdout, &stderr, strings.Fields(command)...)
		page, _ := os.ReadFile("runs/report.html")
		ended <- result{stdout.String() + stderr.String() + string(page), code}
	}()
	select {
	case r := <-ended:
		runtime.ReadMemStats(&after)
		took, taken := time.Since(begun), (after.TotalAlloc-before.TotalAlloc)>>20
		named := strings.Contains(r.said, filepath.Base(path)) || strings.Contains(r.said, "of another r") // run, or recipe
		if !named || took > 10*time.Second || taken > 1024 {
			t.Errorf("%s: exit %d after %v with %d MB taken: %.2000s, want %s named", what, r.code, took, taken, r.said, path)
		}
	case <-time.After(time.Minute):
		t.Fatalf("%s: it hangs", what)
	}
}
