package compare

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/tuning"
)

// A sweep tries every value of a method on validation images, compares the best of each, and only that sees the test
// images; --resume DIR alone gives the same again without a run.
func TestSweep(t *testing.T) {
	t.Chdir(t.TempDir())
	table := xsam.Done(t, append(strings.Fields("compare --methods sgd,sam --seeds 2 --quiet --out runs "+
		"--sweep rho=0.02,0.2 --sweep lr=0.02,0.1"), clitest.Tiny()...)...)
	text, err := os.ReadFile(filepath.Join("runs", tuning.File))
	var record tuning.Tuning
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err != nil || len(record.Methods) != 2 || len(record.Methods[0].Trials) != 2 || len(record.Methods[1].Trials) != 4 {
		t.Fatalf("tune.json %+v (%v), want 2 trials of sgd and 4 of sam", record, err)
	}
	for _, m := range record.Methods {
		for _, trial := range m.Trials {
			run := clitest.ReadRun(t, filepath.Join("runs", trial.Dir))
			if run.Summary.TestAccuracy.Known() || !run.Summary.ValidationAccuracy.Known() {
				t.Errorf("%s has a test accuracy, or no validation accuracy", trial.Dir)
			}
		}
		best := m.Best()
		run := clitest.ReadRun(t, filepath.Join("runs", runlog.Name(best.Method, 1)))
		tests := 0
		for _, r := range run.Records {
			if r.Split == runlog.TestSplit {
				tests++
			}
		}
		if tests != 1 || run.Setup.LearningRate != best.LearningRate || !strings.Contains(table, best.Method+", lr ") {
			t.Errorf("%s was tested %d times with lr %g, want once with %g; the table is\n%s", best.Method, tests,
				run.Setup.LearningRate, best.LearningRate, table)
		}
	}
	if _, end, _ := strings.Cut(table, "records in runs\n\n"); !strings.HasPrefix(end, "xsam report runs\nxsam curvature ") ||
		strings.Count(end, "\n") != 3 {
		t.Errorf("the table ends with %q, want three commands that go on", end)
	}
	type tuned struct{ Tuning tuning.Tuning }
	var kept, printed tuned
	saved, err := os.ReadFile(filepath.Join("runs", runlog.ComparisonFile))
	page := xsam.Done(t, "compare", "--resume", "runs", "--backend", "go", "--quiet", "--format", "json")
	if err := errors.Join(err, json.Unmarshal(saved, &kept), json.Unmarshal([]byte(page), &printed)); err != nil ||
		!reflect.DeepEqual(kept.Tuning, record) || !reflect.DeepEqual(printed.Tuning, record) ||
		record.Split != runlog.ValidationSplit {
		t.Errorf("%v: tuning is %+v in comparison.json, %+v in JSON, want that of tune.json, %+v", err, kept, printed, record)
	}
	if planned := runlog.Planned(os.DirFS("runs"), "."); len(planned) != 4 ||
		planned[1] != runlog.Name(record.Methods[1].Best().Method, 0) {
		t.Errorf("planned are %v, want the two runs of each method with what was chosen", planned)
	}
	if again, stderr, code := xsam.Run("compare", "--resume", "runs", "--backend", "go"); code != exit.Done || again != table ||
		strings.Count(stderr, "was finished before") != 10 {
		t.Errorf("resumed: exit %d, %s, table\n%s\nwant\n%s", code, stderr, again, table)
	}
}

// --tune gives every method the same number of trials.
func TestTune(t *testing.T) {
	t.Chdir(t.TempDir())
	xsam.Done(t, append(strings.Fields("compare --methods sgd,xsam-lite --seeds 1 --quiet --out runs --tune 2"),
		clitest.Tiny()...)...)
	var record tuning.Tuning
	text, err := os.ReadFile(filepath.Join("runs", tuning.File))
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err != nil || len(record.Methods) != 2 {
		t.Fatalf("%+v, %v", record, err)
	}
	for _, m := range record.Methods {
		if len(m.Trials) != 2 || m.Trials[1].LearningRate != record.Methods[0].Trials[1].LearningRate {
			t.Errorf("%s has the trials %+v, want 2 at the same rates as %s", m.Method, m.Trials, record.Methods[0].Method)
		}
	}
}

// What is given as a flag is not drawn anew.
func TestTuneKeepsWhatIsGiven(t *testing.T) {
	t.Chdir(t.TempDir())
	xsam.Done(t, append(strings.Fields("compare --methods xsam --alpha 0.75 --seeds 1 --quiet --out runs --tune 2"),
		clitest.Tiny()...)...)
	runs, err := filepath.Glob("runs/tune/*")
	if err != nil || len(runs) != 2 {
		t.Fatalf("%v, %v, want two trials", runs, err)
	}
	for _, dir := range runs {
		if config, err := os.ReadFile(filepath.Join(dir, "config.json")); err != nil ||
			!strings.Contains(string(config), `"alpha": 0.75`) {
			t.Errorf("%s has another α than 0.75: %v\n%s", dir, err, config)
		}
	}
}

func TestTuneRefuses(t *testing.T) {
	values := "1" + strings.Repeat(",1", 199) // a grid of 40,000 trials
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"compare --tune -1":        "1 or more trials",
		"compare --tune 300000000": "want 1 to 10000",
		"compare --sweep rho=" + values + " --sweep lr=" + values: "leave values of --sweep lr out",
		"compare --tune 2 --sweep rho=1":                          "want one of them",
		"compare --sweep rho":                                     "want name=value",
		"compare --sweep model=cnn,mlp":                           "cannot be swept",
		"compare --sweep rho=-1":                                  "rho",
		"compare --methods sam:rho=0.1 --sweep lr=1":              "want sam",
	})
}

// What a folder of runs has recorded is enough to go on with: no flag has to be given again, more seeds can be, and
// another recipe is refused. A run's config.json makes the run again in another folder.
func TestResumeAndConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append(strings.Fields("compare --methods sam,xsam --seeds 1 --quiet --out runs --rho 0.1 --keep-every 1"),
		clitest.Tiny()...)
	xsam.Done(t, args...)
	_, stderr, code := xsam.Run("compare", "--resume", "runs", "--seeds", "2", "--backend", "go")
	if code != exit.Done || strings.Count(stderr, "was finished before") != 2 {
		t.Fatalf("exit %d: %s, want two runs more", code, stderr)
	}
	first, second := clitest.ReadRun(t, "runs/xsam-seed0"), clitest.ReadRun(t, "runs/xsam-seed1")
	if second.Setup.Rho != 0.1 || second.Setup.Task != first.Setup.Task {
		t.Errorf("the added run is of %+v, want %+v", second.Setup, first.Setup)
	}
	if kept, err := runlog.Snapshots("runs/xsam-seed1"); err != nil || len(kept) != 2 {
		t.Errorf("the added run kept %v (%v), want 2 checkpoints: --keep-every 1 was recorded", kept, err)
	}
	if _, stderr, code := xsam.Run("compare", "--resume", "runs", "--lr", "0.3", "--backend", "go"); code != exit.Failed ||
		!strings.Contains(stderr, "now 0.3") {
		t.Errorf("another rate: exit %d, %s", code, stderr)
	}
	before, err := os.ReadFile(filepath.Join("runs", runlog.ComparisonFile))
	if err != nil {
		t.Fatal(err)
	}
	tiny := strings.Join(clitest.Tiny(), " ")
	for flags, want := range map[string]string{ // none of these methods has a run there
		"--methods sgd --lr 0.3 " + tiny:                      "now 0.3",
		"--methods nsam --rho 0.2 " + tiny:                    "rho 0.1, now 0.2",
		"--methods nsam " + tiny:                              "rho 0.1, now 0.05",
		"--methods nsam --rho 0.1 --sweep lr=0.1,0.2 " + tiny: "other trials before it",
	} {
		_, stderr, code := xsam.Run(strings.Fields("compare --quiet --seeds 1 --out runs " + flags)...)
		after, err := os.ReadFile(filepath.Join("runs", runlog.ComparisonFile))
		if code != exit.Failed || !strings.Contains(stderr, want) || !strings.Contains(stderr, "another --out") ||
			strings.Count(stderr, "\n") != 1 || err != nil || !bytes.Equal(before, after) {
			t.Errorf("compare %s: exit %d, %s (%v), want one line with %q and comparison.json as it was", flags, code, stderr,
				err, want)
		}
	}
	xsam.Done(t, strings.Fields("compare --quiet --seeds 1 --out runs --methods sgd "+tiny)...) // which has no ρ
	if got, err := recipe.ReadComparison("runs"); err != nil || strings.Join(got.Methods, " ") != "sam xsam sgd" ||
		got.Settings["rho"] != "0.1" || got.Seeds != 2 {
		t.Errorf("after sgd was added: %+v, %v, want all methods with ρ = 0.1", got, err)
	}
	xsam.Done(t, strings.Fields("compare --quiet --seeds 1 --out runs --methods sgd --force --lr 0.3 "+tiny)...)
	xsam.Done(t, "compare", "--config", "runs/xsam-seed0/config.json", "--out", "again", "--quiet", "--backend", "go")
	if again := clitest.ReadRun(t, "again/xsam-seed0"); again.Summary.TrainLoss != first.Summary.TrainLoss {
		t.Errorf("the run again has training loss %v, want %v", again.Summary.TrainLoss, first.Summary.TrainLoss)
	}
	for args, want := range map[string]string{
		"compare runs":                        "--resume runs",
		"compare --resume nowhere":            "no such folder",
		"compare --resume runs --out other":   "want one folder",
		"compare --config nowhere":            "comparison.json",
		"compare --config runs --resume runs": "want one of them",
	} {
		if _, stderr, code := xsam.Run(strings.Fields(args)...); code == exit.Done || !strings.Contains(stderr, want) {
			t.Errorf("xsam %s: exit %d, %s, want %q", args, code, stderr, want)
		}
	}
}
