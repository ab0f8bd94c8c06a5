package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

var update = flag.Bool("update", false, "write the golden files anew")

// xsam runs a command line in the current directory.
func xsam(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = exitCode(run(context.Background(), args, &out, &errs), &errs)
	return out.String(), errs.String(), code
}

// tiny makes a command train a few images on the engine that needs no installation.
var tiny = strings.Fields("--model mlp --train-size 64 --test-size 32 --batch 16 --epochs 2 --eval-every 1 " +
	"--lambda-examples 32 --backend go")

// golden compares text with a file under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s\n(go test -update writes the golden files anew)", path, got, want)
	}
}

var (
	numbers = regexp.MustCompile(`[0-9]+([.][0-9]+)?(e[+-]?[0-9]+)?`)
	blanks  = regexp.MustCompile(` +`)
)

// blurred is a text with its measured numbers, and the alignment that goes by them, taken out.
func blurred(text string) string {
	text = numbers.ReplaceAllString(text, "#")
	text = regexp.MustCompile(`([<=]) #`).ReplaceAllString(text, "= #")
	text = regexp.MustCompile(`[+-] ?#`).ReplaceAllString(text, "#")
	text = blanks.ReplaceAllString(text, " ")
	return regexp.MustCompile(`(# ± #|#) (p = #|–) (higher|lower|not distinguishable|no test)\n`).ReplaceAllString(text,
		"DIFFERENCE\n")
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"compare", "--help"}, {"train", "--help"}, {"curvature", "--help"}, {"bench",
		"--help"}, {"data", "--help"}, {"data", "list", "--help"}, {"data", "get", "--help"}, {"backend", "--help"},
		{"reproduce", "--help"}, {"reproduce", "run", "--help"}, {"reproduce", "show", "--help"}, {"reproduce", "verdict",
			"--help"}} {
		stdout, stderr, code := xsam(t, args...)
		if code != exitDone || stderr != "" {
			t.Errorf("xsam %v: exit %d, stderr %q, want help on stdout", args, code, stderr)
		}
		name := strings.TrimSuffix(strings.Join(append([]string{"help"}, args...), "-"), "---help")
		golden(t, name+".txt", stdout)
	}
}

func TestExitCodes(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(DataDirVariable, "")
	tests := []struct {
		args   string
		code   int
		stderr string // a part of it
	}{
		{"--version", exitDone, ""},
		{"frobnicate", exitUsage, "unknown command"},
		{"compare --frobnicate", exitUsage, "unknown flag"},
		{"compare extra", exitUsage, "extra"},
		{"compare --seeds 0", exitUsage, "--seeds 0"},
		{"compare --seeds many", exitUsage, "seeds"},
		{"compare --methods sgd,adam", exitUsage, "unknown method"},
		{"compare --methods sgd,sgd", exitUsage, "twice"},
		{"compare --methods sgd,", exitUsage, "unknown method"},
		{"compare --format xml", exitUsage, "--format"},
		{"compare --data faces", exitUsage, "faces"},
		{"compare --model vgg", exitUsage, "vgg"},
		{"compare --label-noise 2", exitUsage, "label noise"},
		{"compare --resume --force", exitUsage, "choose one"},
		{"compare --resume", exitUsage, "there is no"},
		{"compare --seeds 1000000000", exitUsage, "1000000000 seeds: want 1 to 100000"},
		{"compare --seed 9223372036854775807 --seeds 2", exitUsage, "want seeds up to 9223372036854775807"},
		{"compare --devices 1000000", exitUsage, "1000000 devices: want 1024 at most"},
		{"compare --on-nonfinite hope", exitUsage, "want one of stop, skip, rollback"},
		{"train --train-size 1000000000000", exitUsage, "train size = 1000000000000: want"},
		{"train --validation-size 100000000", exitUsage, "validation size = 100000000: want"},
		{"train --method xsam:", exitUsage, "want name=value"},
		{"train --method sam:rho=0.1:rho=0.2", exitUsage, "sets rho twice"},
		{"bench --image 1000000x1000000x1", exitUsage, "67108864 numbers at most"},
		{"bench --devices 1000000", exitFailed, "1000000 devices: want 1024 at most"},
		{"train --method sgd --alpha 1", exitUsage, "no effect on sgd"},
		{"train --alpha three", exitUsage, "alpha"},
		{"train --alpha 3", exitUsage, "Alpha = 3"},
		{"train --dtype int8", exitUsage, "int8"},
		{"train --curvature-every -1", exitUsage, "--curvature-every -1"},
		{"curvature", exitUsage, "RUN_DIR"},
		{"curvature a b", exitUsage, "arg"},
		{"curvature --frobnicate", exitUsage, "unknown flag"},
		{"curvature run --measure spectrum,weight", exitUsage, "measure \"weight\": want one of spectrum, trace"},
		{"curvature run --measure trace,trace", exitUsage, "twice"},
		{"curvature run --top 0", exitUsage, "top = 0"},
		{"curvature run --batch 0", exitUsage, "batch = 0"},
		{"curvature run --examples -1", exitUsage, "examples = -1"},
		{"curvature run --tolerance NaN", exitUsage, "tolerance = NaN"},
		{"curvature run --norm layer", exitUsage, "norm \"layer\": want one of batch, running"},
		{"curvature run --operator fisher --method difference", exitUsage, "want method exact"},
		{"curvature run --landscape sphere", exitUsage, "landscape \"sphere\""},
		{"curvature run --grid 1", exitUsage, "grid = 1"},
		{"curvature run --format xml", exitUsage, "--format"},
		{"curvature run --model cnn", exitUsage, "--model has no effect on run"},
		{"curvature run", exitFailed, "want a folder <out>/<method>-seed<k>"},
		{"curvature --model cnn --checkpoint last", exitUsage, "without RUN_DIR"},
		{"curvature --model cnn --measure landscape --landscape line", exitUsage, "without RUN_DIR"},
		{"curvature --model vgg", exitUsage, "vgg"},
		{"data verify", exitUsage, "arg"},
		{"backend install tpu", exitUsage, "tpu"},
		{"train --data digits --backend go", exitFailed, "data-dir"},
		{"train --backend vax", exitFailed, "vax"},
		{"data verify digits --data-dir nowhere", exitFailed, "digits"},
		{"data verify faces", exitFailed, "faces"},
		{"data get faces --data-dir data", exitFailed, "faces"},
		{"data get glyphs --data-dir data", exitFailed, "no files to download"},
		{"data get mnist", exitFailed, "--data-dir"},
		{"data get mnist --data-dir data --mirror file:///etc", exitFailed, "no http or https address"},
		{"reproduce run imagenet-vit", exitUsage, "cifar10-resnet18"},
		{"reproduce show imagenet-vit", exitUsage, "cifar10-resnet18"},
		{"reproduce run cifar10-resnet18 --scale tiny", exitUsage, "full, small"},
		{"reproduce run cifar10-resnet18 --seeds -1", exitUsage, "-1 seeds"},
		{"reproduce run cifar10-resnet18 --trials 3", exitUsage, "--tune"},
		{"reproduce run cifar10-resnet18 --format csv", exitUsage, "text, json"},
		{"reproduce run cifar10-resnet18 --resume --force", exitUsage, "choose one"},
		{"reproduce run cifar100-alexnet --scale small --data-dir nowhere", exitFailed, "xsam data get cifar100"},
		{"reproduce verdict nowhere", exitFailed, "nowhere"},
		{"reproduce verdict . --format csv", exitUsage, "text, json"},
		{"reproduce verdict .", exitFailed, "0 forms of X-SAM"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			_, stderr, code := xsam(t, strings.Fields(tt.args)...)
			if code != tt.code || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("exit %d, stderr %q, want exit %d and %q", code, stderr, tt.code, tt.stderr)
			}
		})
	}
	if left, _ := filepath.Glob(runsFolder + "/*/*"); len(left) > 0 {
		t.Errorf("commands that failed before they ran left %v", left)
	}
}

func TestCompare(t *testing.T) {
	data := t.TempDir()
	t.Chdir(data)
	args := append([]string{"compare", "--methods", "sgd,sam,xsam", "--seeds", "2", "--out", "runs", "--rho", "0.1"},
		tiny...)
	table, stderr, code := xsam(t, args...)
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if !strings.Contains(stderr, "[6/6] xsam-seed1  test accuracy") {
		t.Errorf("stderr %q, want a line for each run that ended", stderr)
	}
	runs, err := runlog.ReadRuns("runs")
	if err != nil || len(runs) != 6 {
		t.Fatalf("runs %v (%v), want 6", runs, err)
	}

	t.Run("again, without --resume, is refused", func(t *testing.T) {
		_, stderr, code := xsam(t, args...)
		if code != exitFailed || !strings.Contains(stderr, "--resume") || !strings.Contains(stderr, "--force") {
			t.Errorf("exit %d, stderr %q, want a failure that names --resume and --force", code, stderr)
		}
	})
	t.Run("resumed, gives the same from the records", func(t *testing.T) {
		again, _, code := xsam(t, append(args, "--resume")...)
		if code != exitDone || again != table {
			t.Errorf("exit %d, table\n%s\nwant\n%s", code, again, table)
		}
	})
	t.Run("another recipe in the same place is refused", func(t *testing.T) {
		_, stderr, code := xsam(t, append(args, "--resume", "--lr", "0.3")...)
		if code != exitFailed || !strings.Contains(stderr, "lr 0.02, now 0.3") {
			t.Errorf("exit %d, stderr %q, want a failure that names the difference", code, stderr)
		}
	})
	t.Run("json", func(t *testing.T) {
		stdout, stderr, code := xsam(t, append(args, "--resume", "--quiet", "--format", "json")...)
		var got struct {
			Table []map[string]any
			Runs  []runlog.Summary
		}
		if err := json.Unmarshal([]byte(stdout), &got); code != exitDone || err != nil {
			t.Fatalf("exit %d, %v in %s", code, err, stdout)
		}
		if len(got.Table) != 3 || len(got.Runs) != 6 || got.Table[2]["method"] != "xsam" || got.Table[2]["n"] != 2.0 {
			t.Errorf("table %v and %d runs, want 3 methods with n = 2, and 6 runs", got.Table, len(got.Runs))
		}
		if mean := got.Table[1]["test_accuracy_mean"].(float64); mean != (got.Runs[1].TestAccuracy.Float()+got.Runs[4].TestAccuracy.Float())/2 {
			t.Errorf("mean accuracy of sam %v, want that of its runs", mean)
		}
		if !strings.Contains(stderr, "fewer than 4 seeds") {
			t.Errorf("stderr %q, want the warning about few seeds", stderr)
		}
	})
	t.Run("csv", func(t *testing.T) {
		stdout, _, code := xsam(t, append(args, "--resume", "--quiet", "--format", "csv")...)
		lines, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
		if code != exitDone || err != nil || len(lines) != 4 || lines[1][0] != "sgd" {
			t.Errorf("exit %d, %v, CSV %q, want a header and 3 methods", code, err, lines)
		}
	})
	t.Run("overwritten", func(t *testing.T) {
		if _, stderr, code := xsam(t, append(args, "--force", "--quiet", "--methods", "sam", "--seeds",
			"1")...); code != exitDone || stderr != "" {
			t.Errorf("exit %d, stderr %q, want none with --quiet", code, stderr)
		}
	})
	t.Chdir(packageDir)
	golden(t, "compare.txt", blurred(table))
}

// packageDir is where the tests start.
var packageDir, _ = os.Getwd()

func TestTrain(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append([]string{"train", "--method", "xsam:alpha=0.5", "--seed", "3", "--out", "runs", "--quiet"}, tiny...)
	text, stderr, code := xsam(t, args...)
	if code != exitDone || stderr != "" {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	stdout, _, code := xsam(t, append(args, "--resume", "--format", "json")...)
	var got runlog.Summary
	if err := json.Unmarshal([]byte(stdout), &got); code != exitDone || err != nil {
		t.Fatalf("exit %d, %v in %s", code, err, stdout)
	}
	want := readRun(t, "runs/xsam_alpha=0.5-seed3").Summary
	if got != want || got.Seed != 3 || got.Method != "xsam:alpha=0.5" {
		t.Errorf("printed %+v, want what summary.json holds, %+v", got, want)
	}
	stdout, _, code = xsam(t, append(args, "--resume", "--format", "csv")...)
	if lines, err := csv.NewReader(strings.NewReader(stdout)).ReadAll(); code != exitDone || err != nil ||
		len(lines) != 2 {
		t.Errorf("exit %d, %v, CSV %q, want a header and a line", code, err, lines)
	}
	t.Chdir(packageDir)
	golden(t, "train.txt", blurred(text))
}

// stopper cancels when the text comes by.
type stopper struct {
	bytes.Buffer
	text   string
	cancel context.CancelFunc
}

func (s *stopper) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.text) {
		s.cancel()
	}
	return s.Buffer.Write(p)
}

// An interrupted comparison exits with 130, and --resume gives what an uninterrupted one gives.
func TestInterruptAndResume(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append([]string{"compare", "--methods", "sgd,xsam-lite", "--seeds", "1", "--format", "json"}, tiny...)
	with := func(more ...string) []string { return append(append([]string{}, args...), more...) }
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var stdout bytes.Buffer
	stderr := &stopper{text: "[1/2] sgd-seed0  test accuracy", cancel: cancel}
	err := run(ctx, with("--out", "broken"), &stdout, stderr)
	if code := exitCode(err, stderr); code != exitInterrupted || !errors.Is(err, context.Canceled) || stdout.Len() > 0 {
		t.Fatalf("exit %d, error %v, stdout %q, want 130 and nothing on stdout", code, err, stdout.String())
	}
	if text := stderr.String(); !strings.Contains(text, "1 of 2 runs") || !strings.Contains(text,
		"--resume --out broken") {
		t.Errorf("stderr %q, want how far it got and how to go on", text)
	}
	results := func(args []string) (out []runlog.Summary) {
		t.Helper()
		stdout, stderr, code := xsam(t, args...)
		var got struct{ Runs []runlog.Summary }
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitDone {
			t.Fatalf("exit %d, %v, stderr %s", code, err, stderr)
		}
		for i := range got.Runs {
			got.Runs[i].StepSecondsMedian, got.Runs[i].WallSeconds = runlog.Number{}, runlog.Number{}
		}
		return got.Runs
	}
	resumed, whole := results(with("--out", "broken", "--resume")), results(with("--out", "whole"))
	for i := range whole {
		if resumed[i] != whole[i] {
			t.Errorf("resumed\n%+v\nwant\n%+v", resumed[i], whole[i])
		}
	}
}

// Without --out, --resume finds the newest runs for the data and the model.
func TestResumeFindsTheNewestRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append([]string{"train", "--method", "sgd", "--quiet", "--lambda-products", "0"}, tiny...)
	if _, stderr, code := xsam(t, args...); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	first, _ := filepath.Glob(runsFolder + "/glyphs-mlp-*/sgd-seed0")
	if len(first) != 1 {
		t.Fatalf("runs in %v, want one under %s/glyphs-mlp-…", first, runsFolder)
	}
	stdout, stderr, code := xsam(t, append(args, "--resume")...)
	if code != exitDone || !strings.Contains(stdout, first[0]) {
		t.Errorf("exit %d, stderr %q, stdout %q, want the record in %s", code, stderr, stdout, first[0])
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if stdout, _, code := xsam(t, "completion", shell); code != exitDone || len(stdout) < 100 {
			t.Errorf("completion for %s: exit %d, %d bytes", shell, code, len(stdout))
		}
	}
	tests := []struct {
		line string // its last word is what is being completed
		want string
	}{
		{"compare --data ", "fashion-mnist"},
		{"train --method ", "xsam-lite"},
		{"compare --correction ", "oriented"},
		{"compare --format ", "json"},
		{"data verify ", "digits"},
		{"backend install ", "cpu"},
	}
	for _, tt := range tests {
		stdout, _, _ := xsam(t, append([]string{"__complete"}, strings.Split(tt.line, " ")...)...)
		if !strings.Contains(stdout, tt.want+"\n") {
			t.Errorf("completing %q offers %q, want %s among it", tt.line, stdout, tt.want)
		}
	}
}
