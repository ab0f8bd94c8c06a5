package reproduce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/tuning"
)

// pictures writes records of CIFAR-10's form whose class shows in their brightness.
func pictures(t *testing.T, path string, n int, label func(i int) byte) {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 7))
	var content []byte
	for i := range n {
		class := byte(i % 10)
		content = append(content, label(i))
		for range 3072 {
			content = append(content, class*20+byte(random.IntN(40)))
		}
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// folder makes a data folder with 160 images to train on and 40 to test on, whose labels are as given.
func folder(t *testing.T, testLabel func(i int) byte) string {
	t.Helper()
	dir := t.TempDir()
	pictures(t, filepath.Join(dir, "train-160.bin"), 160, func(i int) byte { return byte(i % 10) })
	pictures(t, filepath.Join(dir, "test-40.bin"), 40, testLabel)
	return dir
}

// here makes runs in this process.
func here(engine *backend.Engine, o experiment.Options) experiment.Maker {
	return experiment.Here(context.Background(), engine, o)
}

func trueLabel(i int) byte { return byte(i % 10) }

// little is a plan that takes seconds on the engine that needs no installation.
func little(t *testing.T, dir string) *Plan {
	t.Helper()
	p := plan(t, "cifar10-resnet18", Small, 2)
	b := &p.Base
	b.DataDir, b.Model, b.Epochs, b.Batch, b.TrainSize, b.TestSize = dir, "mlp", 2, 20, 40, 20
	b.LambdaExamples, b.LambdaBatch, b.LambdaEvery, b.EvaluateEvery, b.LambdaProducts = 10, 10, 1, 1, 3
	p.Methods = []Method{{"sgd", 2}, {"sam", 2}, {"xsam-lite", 2}}
	p.Trials, p.Validation, p.TrialTrain = 2, 40, 40
	return p
}

func TestRun(t *testing.T) {
	p, out := little(t, folder(t, trueLabel)), t.TempDir()
	p.Base.Batch, p.Base.Epochs, p.Base.LambdaEvery = 5, 8, 4 // enough to learn: λmax of runs that have not is not compared
	p.Base.LearningRate = 0.002                               // 3,072 pixels that say the same bend the loss
	outcome, err := Run(here(testbackend.GoEngine(t), experiment.Options{}), p, out, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(outcome.Runs) != 6 || len(outcome.Findings) != 3 || outcome.Tuning != nil {
		t.Fatalf("%d runs, %d findings, tuning %v, want 6, 3, none", len(outcome.Runs), len(outcome.Findings), outcome.Tuning)
	}
	runs, err := runlog.ReadRuns(out)
	if err != nil {
		t.Fatal(err)
	}
	again, err := claims.Judge(runs)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range again {
		if f.Detail != outcome.Findings[i].Detail || f.Verdict != outcome.Findings[i].Verdict {
			t.Errorf("from the records alone: %+v, want %+v", f, outcome.Findings[i])
		}
		if f.N != 2 || f.Method != "xsam-lite" || f.Baseline != "sam" {
			t.Errorf("%+v: want xsam-lite against sam with 2 pairs", f)
		}
	}
	if detail := again[2].Detail; !strings.Contains(detail, "of 2") {
		t.Errorf("λmax: %q, want two measured epochs", detail)
	}
}

// The search is the same with other test images; and its trials have nothing to do with them.
func TestTheSearchKnowsNoTestImages(t *testing.T) {
	testbackend.SkipSlow(t)
	engine := testbackend.GoEngine(t)
	tuned := func(testLabel func(i int) byte) (out string, choice []byte, outcome *Outcome) {
		t.Helper()
		out = t.TempDir()
		outcome, err := Run(here(engine, experiment.Options{}), little(t, folder(t, testLabel)), out, true, nil)
		if err != nil {
			t.Fatal(err)
		}
		choice, err = os.ReadFile(filepath.Join(out, tuning.File))
		if err != nil {
			t.Fatal(err)
		}
		return out, choice, outcome
	}
	out, choice, outcome := tuned(trueLabel)
	_, other, _ := tuned(func(int) byte { return 3 })
	if !bytes.Equal(choice, other) {
		t.Errorf("with other test labels tune.json is\n%s\nwant\n%s", other, choice)
	}
	var record tuning.Tuning
	if err := json.Unmarshal(choice, &record); err != nil || len(record.Methods) != 3 {
		t.Fatalf("tune.json %s: %v", choice, err)
	}
	for i, m := range record.Methods {
		if len(m.Trials) != 2 {
			t.Errorf("%s has %d trials, want 2 as every method", m.Method, len(m.Trials))
		}
		best := m.Trials[m.Chosen]
		for _, trial := range m.Trials {
			if trial.ValidationAccuracy.Float() > best.ValidationAccuracy.Float() {
				t.Errorf("%s: trial %d was chosen with %v, trial %d has %v", m.Method, m.Chosen, best.ValidationAccuracy,
					trial.Trial, trial.ValidationAccuracy)
			}
			if trial.LearningRate != record.Methods[0].Trials[trial.Trial].LearningRate {
				t.Errorf("%s: trial %d has another learning rate than that of %s", m.Method, trial.Trial, record.Methods[0].Method)
			}
			run, err := runlog.ReadRun(filepath.Join(out, filepath.FromSlash(trial.Dir)))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range run.Records {
				if r.Split == runlog.TestSplit {
					t.Errorf("%s has a record of the test images", trial.Dir)
				}
			}
			if !run.Summary.Finished || run.Summary.TestAccuracy.Known() {
				t.Errorf("%s has a test accuracy", trial.Dir)
			}
		}
		if got := outcome.Runs[i]; got.Method != best.Method || !got.TestAccuracy.Known() {
			t.Errorf("the final run is %s with test accuracy %v, want %s with one", got.Method, got.TestAccuracy, best.Method)
		}
	}
}

// A search that is interrupted goes on where it was, and chooses the same.
func TestTheSearchResumes(t *testing.T) {
	testbackend.SkipSlow(t)
	engine, data := testbackend.GoEngine(t), folder(t, trueLabel)
	whole := t.TempDir()
	if _, err := Run(here(engine, experiment.Options{}), little(t, data), whole, true, nil); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Run(experiment.Here(ctx, engine, experiment.Options{Progress: func(p experiment.Progress) {
		if p.Run == 5 && p.Step == 3 {
			cancel()
		}
	}}), little(t, data), out, true, nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want an interruption", err)
	}
	skipped := 0
	if _, err := Run(here(engine, experiment.Options{Existing: experiment.Resume, Progress: func(p experiment.Progress) {
		if p.Stage == experiment.Skipped {
			skipped++
		}
	}}), little(t, data), out, true, nil); err != nil {
		t.Fatal(err)
	}
	a, err1 := os.ReadFile(filepath.Join(whole, tuning.File))
	b, err2 := os.ReadFile(filepath.Join(out, tuning.File))
	if err := errors.Join(err1, err2); err != nil || !bytes.Equal(a, b) || skipped != 4 {
		t.Errorf("after an interruption in the fifth trial %d were skipped (%v), tune.json is\n%s\nwant 4 and\n%s",
			skipped, err, b, a)
	}
}

func TestCheckData(t *testing.T) {
	p := plan(t, "cifar100-alexnet", Small, 0)
	p.Base.DataDir = t.TempDir()
	if err := p.CheckData(false); err == nil || !strings.Contains(err.Error(),
		"cifar100-alexnet at the small scale has no images") || !strings.Contains(err.Error(), "xsam data get cifar100") {
		t.Errorf("without images: error %v, want one that says where to get them", err)
	}
	full := plan(t, "cifar10-resnet18", Full, 0)
	full.Base.DataDir = folder(t, trueLabel)
	if err := full.CheckData(false); err == nil || !strings.Contains(err.Error(),
		"160 images to train on and 40 to test on, want 50000 and 10000") {
		t.Errorf("the full scale on a subset: error %v, want one with both numbers", err)
	}
}
