package reproduce

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/internal/cli/compare"
	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/reproduce"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/tuning"
)

var xsam = clitest.Of(New, compare.New)

func TestHelp(t *testing.T) {
	xsam.Help(t, "reproduce", "reproduce run", "reproduce show", "reproduce verdict")
}

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"reproduce run imagenet-vit":                                "cifar10-resnet18",
		"reproduce show imagenet-vit":                               "cifar10-resnet18",
		"reproduce run cifar10-resnet18 --scale clitest.Tiny()":     "full, small",
		"reproduce run cifar10-resnet18 --seeds -1":                 "-1 seeds",
		"reproduce show cifar10-resnet18 --seeds 200000000":         "want 1 to 100000",
		"reproduce show cifar10-resnet18 --tune --trials 300000000": "want 1 to 10000",
		"reproduce run cifar10-resnet18 --trials 3":                 "--tune",
		"reproduce run cifar10-resnet18 --format csv":               "text, json",
		"reproduce run cifar10-resnet18 --resume --force":           "choose one",
		"reproduce run cifar10-resnet18 --list-runs --tune":         "--list-runs with --tune",
		"reproduce run cifar10-resnet18 --only sgd-seed0 --resume":  "--only with --resume",
		"reproduce verdict . --format csv":                          "text, json",
	})
	xsam.Fails(t, exit.Failed, map[string]string{
		"reproduce run cifar100-alexnet --scale small --data-dir nowhere": "xsam data get cifar100",
		"reproduce verdict nowhere":                                       "nowhere does not exist: want a folder",
		"reproduce verdict .":                                             "holds no run: want a folder",
	})
}

func TestReproduceListAndShow(t *testing.T) {
	t.Setenv(flags.DataDirVariable, "")
	list, stderr, code := xsam.Run("reproduce", "list")
	if code != exit.Done || len(strings.Split(strings.TrimSpace(list), "\n")) != 16 || !strings.Contains(list,
		"cifar100: images not found") {
		t.Errorf("exit %d, stderr %q, list\n%s\nwant a head and fifteen lines", code, stderr, list)
	}
	for name, args := range map[string][]string{
		"reproduce-small.txt": {"reproduce", "show", "cifar10-resnet18", "--scale", "small", "--tune"},
		"reproduce-full.txt":  {"reproduce", "show", "fashion-mnist-wrn28-10"},
	} {
		stdout, stderr, code := xsam.Run(args...)
		if code != exit.Done {
			t.Errorf("xsam %v: exit %d: %s", args, code, stderr)
		}
		clitest.Golden(t, name, stdout)
	}
}

// With --tune each family is compared once, with the settings that are chosen, and the estimate is of these runs.
func TestShowWithTune(t *testing.T) {
	type shown struct {
		Methods []struct{ Method string }
		Seconds float64 `json:"estimated_seconds"`
	}
	show := func(flags ...string) (s shown) {
		t.Helper()
		args := append([]string{"reproduce", "show", "cifar10-resnet18", "--format", "json"}, flags...)
		if err := json.Unmarshal([]byte(xsam.Done(t, args...)), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	plain, tuned := show(), show("--tune")
	if len(plain.Methods) != 8 || len(tuned.Methods) != 6 {
		t.Errorf("%v, tuned %v, want eight methods and six families", plain.Methods, tuned.Methods)
	}
	if text := xsam.Done(t, "reproduce", "show", "cifar10-resnet18", "--tune"); strings.Contains(text, "rho=0.1") {
		t.Errorf("the settings of a method are to be chosen, and are in the plan:\n%s", text)
	}
	if text := xsam.Done(t, "reproduce", "show", "cifar10-wrn28-10", "--seeds", "5000"); !strings.Contains(text,
		"more than 100 years on two CPU cores") {
		t.Errorf("the estimate of 40,000 runs is another:\n%s", text)
	}
	study, err := reproduce.Find("cifar10-resnet18")
	if err != nil {
		t.Fatal(err)
	}
	p, err := reproduce.NewPlan(study, reproduce.Full, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	chosen := tuned.Seconds - p.TuneTime().Seconds()
	if chosen <= 0 || chosen > 0.95*plain.Seconds { // without three runs of sam and three of xsam-paper, out of 34
		t.Errorf("%g s for the runs of the chosen settings, want less than the %g s of all", chosen, plain.Seconds)
	}
}

// Each command of --list-runs makes one run of the plan: all of them are those of the whole.
func TestListRuns(t *testing.T) {
	data := clitest.Data(t)
	t.Chdir(t.TempDir())
	args := []string{"reproduce", "run", "fashion-mnist-alexnet", "--scale", "small", "--data-dir", data, "--seeds", "2"}
	stdout, stderr, code := xsam.Run(append(args, "--list-runs", "--out", "runs")...)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if code != exit.Done || len(lines) != 12 || !strings.HasSuffix(lines[11], " --only=xsam-lite-seed1") ||
		!strings.Contains(stderr, "and then the table: xsam reproduce run fashion-mnist-alexnet ") {
		t.Fatalf("exit %d, stderr %q, %q, want twelve commands and that of the table", code, stderr, stdout)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	line := strings.ReplaceAll(strings.TrimPrefix(lines[11], "xsam "), "--quiet", "--backend go")
	progress := &clitest.Stopper{Text: "[1/1] xsam-lite-seed1  epoch", Cancel: cancel}
	if code := xsam.Start(ctx, &bytes.Buffer{}, progress, strings.Fields(line)...); code != exit.Interrupted {
		t.Errorf("%s: exit %d: %s, want that one run begins", line, code, progress)
	}
	for only, want := range map[string]string{
		"sgd-seed2": "such as sgd-seed0", "sgd-seed0 --tune": "nothing is chosen yet",
	} {
		line := strings.Replace(line, "xsam-lite-seed1", only, 1)
		if _, stderr, code := xsam.Run(strings.Fields(line)...); code == exit.Done || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, stderr %q, want %q", line, code, stderr, want)
		}
	}
	runs, err := runlog.ReadRuns("runs")
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, %v, want one", len(runs), err)
	}
	study, err := reproduce.Find("fashion-mnist-alexnet")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := reproduce.NewPlan(study, reproduce.Small, data, 2)
	if err != nil {
		t.Fatal(err)
	}
	want, err := plan.Recipes()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := recipe.Read(runs[0]); err != nil || !reflect.DeepEqual(got.Recipe, want[11]) {
		t.Errorf("%v, the run has the recipe %+v, want %+v", err, got.Recipe, want[11])
	}
}

// An interrupted recipe exits with 130 and says how to go on.
func TestReproduceIsInterrupted(t *testing.T) {
	data := clitest.Data(t)
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var stdout bytes.Buffer
	stderr := &clitest.Stopper{Text: "preparing", Cancel: cancel}
	code := xsam.Start(ctx, &stdout, stderr, "reproduce", "run", "fashion-mnist-alexnet", "--scale", "small",
		"--data-dir", data, "--backend", "go")
	if code != exit.Interrupted || stdout.Len() > 0 {
		t.Errorf("exit %d, stdout %q", code, stdout.String())
	}
	for _, want := range []string{"by estimate", "--resume", "fashion-mnist-alexnet-small"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr has no %q:\n%s", want, stderr.String())
		}
	}
}

// The records of a comparison are judged too, and TensorBoard's files lie beside them.
func TestVerdictOnAComparison(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append(strings.Fields("compare --methods sam,xsam-lite --seeds 2 --out runs --quiet --tensorboard "+
		"--curvature-every 1"), clitest.Tiny()...)
	xsam.Done(t, args...)
	if events, _ := filepath.Glob("runs/*-seed[01]/events.out.tfevents.*"); len(events) != 4 {
		t.Errorf("event files %v, want one in each of four runs", events)
	}
	text, stderr, code := xsam.Run("reproduce", "verdict", "runs")
	if code != exit.Done || !strings.Contains(text, "xsam-lite against sam") || !strings.Contains(text, "the worst of 2") {
		t.Errorf("exit %d, stderr %q, verdicts\n%s", code, stderr, text)
	}
	records := filepath.Join("runs", runlog.Name("sam", 0), runlog.MetricsFile)
	if content, err := os.ReadFile(records); err != nil {
		t.Fatal(err)
	} else if err := os.WriteFile(records, append([]byte("nonsense\n"), content...), 0o644); err != nil {
		t.Fatal(err)
	}
	out, stderr, code := xsam.Run("reproduce", "verdict", "runs", "--format", "json")
	if want := "xsam: warning: " + records + ": no valid record in line 1, left out\n"; stderr != want {
		t.Errorf("stderr %q, want %q", stderr, want)
	}
	var got struct{ Findings []map[string]any }
	if err := json.Unmarshal([]byte(out), &got); code != exit.Done || err != nil || len(got.Findings) != 3 {
		t.Errorf("exit %d, %v, %d findings in %s, want 3", code, err, len(got.Findings), out)
	}
}

func TestPrintOutcome(t *testing.T) {
	study, err := reproduce.Find("fashion-mnist-resnet18")
	if err != nil {
		t.Fatal(err)
	}
	p, err := reproduce.NewPlan(study, reproduce.Small, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	outcome := &reproduce.Outcome{
		Runs: []runlog.Summary{
			{Method: "sam", Data: "fashion-mnist", Finished: true, TestAccuracy: runlog.Num(0.8), LambdaMax: runlog.Num(9),
				LambdaStop: runlog.StopResidual},
			{Method: "xsam", Data: "fashion-mnist", Finished: true, TestAccuracy: runlog.Num(0.81), LambdaMax: runlog.Num(7),
				LambdaStop: runlog.StopResidual},
		},
		Findings: []claims.Finding{{Claim: claims.Accuracy, Method: "xsam", Baseline: "sam", Verdict: claims.NoTest,
			Detail: "+1 points of test accuracy, n = 1", N: 1}},
		Tuning: &tuning.Tuning{Trials: 4, Validation: 1000, Methods: []tuning.Method{
			{Method: "sam", Chosen: 1, Trials: []tuning.Trial{{}, {Method: "sam:rho=0.1", LearningRate: 0.2,
				ValidationAccuracy: runlog.Num(0.75)}}},
		}},
	}
	var stdout, stderr bytes.Buffer
	o := &runOptions{stdout: &stdout, stderr: &stderr}
	if err := o.printOutcome(p, outcome); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"fashion-mnist-resnet18, scale small: resnet8", "81.0",
		"sam:rho=0.1, lr 0.2: validation accuracy 75.00 %", "xsam against sam", "no test", "n = 1"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in\n%s", want, stdout.String())
		}
	}
	o.run.Format = "json"
	stdout.Reset()
	if err := o.printOutcome(p, outcome); err != nil || !json.Valid(stdout.Bytes()) ||
		!strings.Contains(stderr.String(), "fewer than 4 seeds") {
		t.Errorf("JSON %q (%v), stderr %q, want valid JSON and warnings", stdout.String(), err, stderr.String())
	}
}
