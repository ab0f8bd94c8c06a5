// Package gpu has the scripts that measure on a machine with a GPU. The tests try run.sh with programs that stand in
// for its own.
package gpu

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// standIns are programs in the place of xsam and peers, which print a result. With the model "slow" xsam waits for an
// interrupt and then says what it has; with "stuck" it has nothing; with "broken" peers fails.
var standIns = map[string]string{
	"xsam": `#!/bin/sh
wait_and_say() {
	trap 'echo "$said"; exit 130' INT
	sleep 5 & wait
}
case "$*" in
*slow*) said='{"rounds": 3, "rows": []}' && wait_and_say ;;
*stuck*) said='{"rounds": 0}' && wait_and_say ;;
bench*) cat <<END
{"rounds": 1, "model": "net", "batch": 8, "dtype": "float32", "rows": [{"method": "sgd", "step_seconds_median": 0.25}]}
END
	;;
compare*) echo '{"table": [], "runs": []}' ;;
esac
`,
	"peers": `#!/bin/sh
case "$*" in
*broken*) echo "out of memory" >&2; exit 3 ;;
esac
cat <<END
{"ours": {"rounds": 1, "model": "net", "batch": 8, "dtype": "float32"},
"ratios": [{"of": "xsam sam", "to": "PyTorch sam", "ratio": {"median": 0.5}}]}
END
`,
}

// runScript runs run.sh with the stand-ins and returns what it wrote into its folder, and whether it exited with 0.
func runScript(t *testing.T, settings ...string) (out, summary string, ok bool) {
	t.Helper()
	for _, program := range []string{"bash", "timeout", "tar"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("run.sh wants %s: %v", program, err)
		}
	}
	python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output() // what shims lead to
	if err != nil {
		t.Skipf("run.sh wants Python 3: %v", err)
	}
	bin, out := t.TempDir(), t.TempDir()
	for name, text := range standIns {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	plugin := filepath.Join(bin, "plugin.so")
	if err := os.WriteFile(plugin, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(bin, "data", "fashion-mnist"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "run.sh")
	cmd.Env = append(os.Environ(), "DEVICE=cpu", "LIBRARIES=pytorch,jax", "XSAM_DATA=")
	cmd.Env = append(cmd.Env, "PYTHON="+strings.TrimSpace(string(python)), "BIN="+bin, "OUT="+out, "PLUGIN="+plugin)
	cmd.Env = append(cmd.Env, settings...)
	text, err := cmd.CombinedOutput()
	t.Logf("%s: %v\n%s", strings.Join(settings, " "), err, text)
	written, _ := os.ReadFile(filepath.Join(out, "summary.txt"))
	return out, string(written), err == nil
}

func TestRun(t *testing.T) {
	tests := []struct {
		name     string
		settings []string
		ok       bool
		want     []string // in the summary
	}{
		{
			"a part fails and the rest goes on", []string{"CONFIGS=broken:8:float32"}, false,
			[]string{"FAILED   peers-broken-8-float32: exit code 3: out of memory", "ok       train", "1 failed"},
		},
		{
			"what is cut short is kept, and what has no time left is skipped",
			[]string{"PARTS=bench", "BENCH_SECONDS=2", "CONFIGS=slow:8:float32 net:8:float32"}, true,
			[]string{"cut      bench-slow-8-float32", "skipped  bench-net-8-float32", "1 skipped, 0 failed"},
		},
		{
			"a bench without a round has nothing",
			[]string{"PARTS=bench", "BENCH_SECONDS=2", "CONFIGS=stuck:8:float32"}, false,
			[]string{"FAILED   bench-stuck-8-float32: nothing was finished"},
		},
		{
			"no plugin", []string{"PLUGIN=nowhere.so"}, false,
			[]string{"no PJRT plugin for cpu was found (PLUGIN=nowhere.so): want pjrt_c_api_cpu_plugin.so", "1 failed"},
		},
		{
			"no programs", []string{"BIN=nowhere"}, false,
			[]string{"no xsam and peers in BIN=nowhere: run bench/gpu/build.sh"},
		},
		{"no Python", []string{"PYTHON=no-python"}, false, []string{"PYTHON=no-python does not run"}},
		{
			"no images", []string{"PARTS=train", "XSAM_DATA=nowhere"}, false,
			[]string{"train: no folder fashion-mnist in XSAM_DATA=nowhere"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, summary, ok := runScript(t, tt.settings...)
			if ok != tt.ok {
				t.Errorf("exited with 0: %v, want %v", ok, tt.ok)
			}
			for _, want := range tt.want {
				if !strings.Contains(summary, want) {
					t.Errorf("summary\n%s\nwant %q in it", summary, want)
				}
			}
		})
	}
}

// Everything that is kept is whole JSON, the tables say it, and the archive has it.
func TestResults(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "results.tar.gz")
	out, summary, ok := runScript(t, "PACK="+archive)
	if !ok || !strings.Contains(summary, "3 ok, 0 cut short by their time limit, 0 skipped, 0 failed") {
		t.Fatalf("exited with 0: %v, summary\n%s\nwant that all is well", ok, summary)
	}
	names, err := exec.Command("tar", "-tzf", archive).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"first-step", "bench-resnet8-8-float32", "peers-resnet8-8-float32", "train"} {
		text, err := os.ReadFile(filepath.Join(out, name+".json"))
		if err != nil || !json.Valid(text) {
			t.Errorf("%s.json: %q (%v), want JSON", name, text, err)
		}
		if !strings.Contains(string(names), name+".json") {
			t.Errorf("archive with %s, want %s.json in it", names, name)
		}
	}
	table, err := os.ReadFile(filepath.Join(out, "tables.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| net, 8, float32, 1 rounds | sgd | 250 |", "| xsam sam | PyTorch sam | 0.5 |"} {
		if !strings.Contains(string(table), want) {
			t.Errorf("tables\n%s\nwant %q in them", table, want)
		}
	}
}

func TestBuildIsBash(t *testing.T) {
	if out, err := exec.Command("bash", "-n", "build.sh").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
