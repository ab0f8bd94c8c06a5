package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/reproduce"
	"github.com/xsam-go/xsam/runlog"
)

func TestReproduceListAndShow(t *testing.T) {
	t.Setenv(DataDirVariable, "")
	list, stderr, code := xsam(t, "reproduce", "list")
	if code != exitDone || len(strings.Split(strings.TrimSpace(list), "\n")) != 16 || !strings.Contains(list,
		"cifar100: images not found") {
		t.Errorf("exit %d, stderr %q, list\n%s\nwant a head and fifteen lines", code, stderr, list)
	}
	for name, args := range map[string][]string{
		"reproduce-small.txt": {"reproduce", "show", "cifar10-resnet18", "--scale", "small", "--tune"},
		"reproduce-full.txt":  {"reproduce", "show", "fashion-mnist-wrn28-10"},
	} {
		stdout, stderr, code := xsam(t, args...)
		if code != exitDone {
			t.Errorf("xsam %v: exit %d: %s", args, code, stderr)
		}
		golden(t, name, stdout)
	}
}

// An interrupted recipe exits with 130 and says how to go on.
func TestReproduceIsInterrupted(t *testing.T) {
	data := os.Getenv(DataDirVariable)
	if data == "" {
		t.Skipf("%s is not set", DataDirVariable)
	}
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var stdout bytes.Buffer
	stderr := &stopper{text: "preparing", cancel: cancel}
	err := run(ctx, []string{"reproduce", "run", "fashion-mnist-alexnet", "--scale", "small", "--data-dir", data,
		"--backend", "go"}, &stdout, stderr)
	if code := exitCode(err, stderr); code != exitInterrupted || stdout.Len() > 0 {
		t.Errorf("exit %d, stdout %q: %v", code, stdout.String(), err)
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
		"--curvature-every 1"), tiny...)
	if _, stderr, code := xsam(t, args...); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if events, _ := filepath.Glob("runs/*/tensorboard/events.out.tfevents.*"); len(events) != 4 {
		t.Errorf("event files %v, want one in each of four runs", events)
	}
	text, stderr, code := xsam(t, "reproduce", "verdict", "runs")
	if code != exitDone || !strings.Contains(text, "xsam-lite against sam") || !strings.Contains(text, "the worst of 2") {
		t.Errorf("exit %d, stderr %q, verdicts\n%s", code, stderr, text)
	}
	records := filepath.Join("runs", runlog.Name("sam", 0), runlog.MetricsFile)
	if content, err := os.ReadFile(records); err != nil {
		t.Fatal(err)
	} else if err := os.WriteFile(records, append([]byte("nonsense\n"), content...), 0o644); err != nil {
		t.Fatal(err)
	}
	out, stderr, code := xsam(t, "reproduce", "verdict", "runs", "--format", "json")
	if want := "xsam: warning: " + records + ": no valid record in line 1, left out\n"; stderr != want {
		t.Errorf("stderr %q, want %q", stderr, want)
	}
	var got struct{ Findings []map[string]any }
	if err := json.Unmarshal([]byte(out), &got); code != exitDone || err != nil || len(got.Findings) != 3 {
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
		Tuning: &reproduce.Tuning{Trials: 4, Validation: 1000, Methods: []reproduce.TunedMethod{
			{Method: "sam", Chosen: 1, Trials: []reproduce.Trial{{}, {Method: "sam:rho=0.1", LearningRate: 0.2,
				ValidationAccuracy: runlog.Num(0.75)}}},
		}},
	}
	var stdout, stderr bytes.Buffer
	f := &reproduceFlags{}
	if err := f.printOutcome(&stdout, &stderr, p, outcome); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"fashion-mnist-resnet18, scale small: resnet8", "81.0",
		"sam:rho=0.1, lr 0.2: validation accuracy 75.00 %", "xsam against sam", "no test", "n = 1"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in\n%s", want, stdout.String())
		}
	}
	f.run.format = "json"
	stdout.Reset()
	if err := f.printOutcome(&stdout, &stderr, p, outcome); err != nil || !json.Valid(stdout.Bytes()) ||
		!strings.Contains(stderr.String(), "fewer than 4 seeds") {
		t.Errorf("JSON %q (%v), stderr %q, want valid JSON and warnings", stdout.String(), err, stderr.String())
	}
}

// The published files, from a server that has them, pass their pinned checksums and are what Load wants.
func TestDataGet(t *testing.T) {
	data := os.Getenv(DataDirVariable)
	if data == "" {
		t.Skipf("%s is not set", DataDirVariable)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(data, "fashion-mnist"))))
	defer server.Close()
	dir := t.TempDir()
	args := []string{"data", "get", "fashion-mnist", "--data-dir", dir, "--mirror", server.URL}
	stdout, stderr, code := xsam(t, args...)
	if code != exitDone || strings.Count(stdout, "SHA-256 as published") != 4 || strings.Count(stderr,
		"downloading the data set fashion-mnist") != 4 {
		t.Fatalf("exit %d, stdout %q, stderr %q, want four files", code, stdout, stderr)
	}
	if stdout, stderr, code := xsam(t, args...); code != exitDone || strings.Count(stdout, "was there") != 4 ||
		stderr != "" {
		t.Errorf("again: exit %d, stdout %q, stderr %q, want nothing downloaded", code, stdout, stderr)
	}
	if stdout, stderr, code := xsam(t, "data", "verify", "fashion-mnist", "--data-dir", dir); code != exitDone ||
		!strings.Contains(stdout, "60000 training images, 10000 test images") {
		t.Errorf("verify: exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	// A server with other content than the published.
	_, stderr, code = xsam(t, "data", "get", "cifar10", "--data-dir", t.TempDir(), "--mirror", server.URL)
	if code != exitFailed || !strings.Contains(stderr, "404") {
		t.Errorf("from a server without it: exit %d, stderr %q, want a failure with 404", code, stderr)
	}
}
