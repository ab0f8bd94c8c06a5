package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

func TestReport(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, stderr, code := xsam(t, append([]string{"compare", "--methods", "sgd,sam,xsam", "--seeds", "2", "--quiet",
		"--out", "runs"}, tiny...)...); code != exitDone {
		t.Fatal(stderr)
	}
	stdout, stderr, code := xsam(t, "report", "runs")
	page, err := os.ReadFile("report.html")
	if code != exitDone || err != nil || stdout != "report.html\n" || !strings.Contains(string(page),
		"xsam against sam on glyphs with mlp") {
		t.Errorf("exit %d, stdout %q, stderr %q, error %v", code, stdout, stderr, err)
	}
	if !strings.Contains(string(page), "xsam: (b) lower training loss than SAM&#39;s") {
		t.Error("the page has no section about the claims")
	}
	want := "xsam compare --data glyphs --train-size=64 --test-size=32 --model=mlp --epochs=2 --batch=16 " +
		"--eval-every=1 --lambda-examples=32 --methods sgd,sam,xsam --seeds 2"
	if stdout, stderr, code = xsam(t, "report", "runs", "--format", "md"); code != exitDone || !strings.Contains(stdout,
		"| method | n |") || !strings.Contains(stdout, want) {
		t.Errorf("exit %d, stdout %q, stderr %q, want tables and the command %s", code, stdout, stderr, want)
	}
	single := []string{"report", filepath.Join("runs", "sam-seed0"), filepath.Join("runs", "xsam-seed0"), "--format",
		"md", "--out", "-"}
	if stdout, stderr, code = xsam(t, single...); code != exitDone || strings.Count(stdout, "### Runs") != 1 ||
		!strings.Contains(stdout, "2 of 2 runs finished") {
		t.Errorf("run directories: exit %d, stdout %q, stderr %q, want one comparison of two runs", code, stdout, stderr)
	}

	// A broken run costs a warning; only when nothing is there does the command fail.
	if err := os.WriteFile(filepath.Join("runs", "sgd-seed0", runlog.ConfigFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code = xsam(t, "report", "runs", "--out", "two.html"); code != exitDone || !strings.Contains(stderr,
		"sgd-seed0/config.json is no valid recipe") {
		t.Errorf("a broken run: exit %d, stderr %q", code, stderr)
	}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"report"}, exitUsage, "at least 1 arg"},
		{[]string{"report", "nowhere"}, exitFailed, "nowhere does not exist: want a folder with run records"},
		{[]string{"report", "report.html"}, exitFailed, "report.html is a file"},
		{[]string{"report", "."}, exitFailed, "holds no run"},
		{[]string{"report", "runs", "--format", "pdf"}, exitUsage, `--format "pdf": want one of html, md`},
		{[]string{"report", "runs", "--out", "no/such/folder.html"}, exitFailed, "choose another place with --out"},
		{[]string{"serve"}, exitUsage, "accepts 1 arg"},
		{[]string{"serve", "nowhere"}, exitFailed, "want a folder with run records"},
		{[]string{"serve", "report.html"}, exitFailed, "report.html is a file"},
		{[]string{"serve", ".", "--addr", "nonsense"}, exitFailed, "want host:port"},
	} {
		if _, stderr, code := xsam(t, tt.args...); code != tt.code || !strings.Contains(stderr, tt.want) {
			t.Errorf("xsam %s: exit %d, stderr %q, want %d and %q", strings.Join(tt.args, " "), code, stderr, tt.code, tt.want)
		}
	}
}

func TestHelpOfReport(t *testing.T) {
	for _, name := range []string{"report", "serve"} {
		stdout, _, code := xsam(t, name, "--help")
		if code != exitDone {
			t.Errorf("%s --help: exit %d", name, code)
		}
		golden(t, "help-"+name+".txt", stdout)
	}
}

// The command on a report makes the recipes of the runs: it is read back through the flags of xsam compare.
func TestReproduction(t *testing.T) {
	for _, line := range []string{
		"--data glyphs --methods sgd,sam,asam,xsam,xsam-lite,xsam-paper --seeds 2",
		"--data digits --epochs 7 --lr 0.125 --schedule step --augment --nesterov --decay-all=false --label-noise 0 " +
			"--seed 3 --seeds 2 --methods sam,xsam",
		"--data fashion-mnist --model resnet8 --train-size 5000 --rho 0.1 --methods sam,xsam,xsam-lite --seeds 1",
		"--data glyphs --methods sam:rho=0.2,xsam:alpha=0.5:refresh-every=10 --alpha 0.7 --seeds 1",
		"--data glyphs --methods xsam --correction explicit --seeds 1",
		"--data glyphs --methods xsam --rho 0.1 --probe-radius 0.05 --refresh exact --power-steps 3 --seeds 1",
		"--data glyphs --methods sgd --base adamw --lr 0.001 --weight-decay 0.01 --clip 1 --dtype float64 " +
			"--lambda-products 0 --seeds 1",
	} {
		planned := plan(t, strings.Fields(line))
		command := reproduction(comparison(t, planned))
		if command == "" {
			t.Errorf("%s: no command", line)
			continue
		}
		var again []recipe.Recipe
		for _, one := range strings.Split(command, "\n") {
			again = append(again, plan(t, strings.Fields(strings.TrimPrefix(one, "xsam compare ")))...)
		}
		if got, want := byName(again), byName(planned); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the command\n%s\nmakes other recipes:\n%+v\nwant\n%+v", line, command, got, want)
		}
	}
	// What no flag can say has no command.
	odd := plan(t, strings.Fields("--data glyphs --methods xsam --seeds 1"))
	odd[0].LambdaTolerance = 0.5
	if got := reproduction(comparison(t, odd)); got != "" {
		t.Errorf("a recipe that no flags make has the command %q", got)
	}
}

// plan returns the recipes of the flags of xsam compare.
func plan(t *testing.T, args []string) (recipes []recipe.Recipe) {
	t.Helper()
	f := &compareFlags{recipe: newRecipeFlags(), run: runFlags{format: "table"}}
	cmd := &cobra.Command{}
	cmd.Flags().StringVar(&f.methods, "methods", "", "")
	cmd.Flags().IntVar(&f.seeds, "seeds", 0, "")
	cmd.Flags().Int64Var(&f.seed, "seed", 0, "")
	for _, g := range f.recipe.groups {
		cmd.Flags().AddFlagSet(g.flags)
	}
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	recipes, err := f.plan(cmd, strings.Split(f.methods, ","))
	if err != nil {
		t.Fatal(err)
	}
	for i := range recipes {
		recipes[i].DataDir = ""
	}
	return recipes
}

// comparison is what a report reads of runs of the reproduce.
func comparison(t *testing.T, recipes []recipe.Recipe) *report.Comparison {
	t.Helper()
	c := &report.Comparison{}
	for _, r := range recipes {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		c.Runs = append(c.Runs, &runlog.Run{Raw: text})
	}
	return c
}

func byName(recipes []recipe.Recipe) map[string]recipe.Recipe {
	all := map[string]recipe.Recipe{}
	for _, r := range recipes {
		all[runlog.Name(r.Method, r.Seed)] = r
	}
	return all
}

// addressWriter hands on what a command writes.
type addressWriter chan string

func (w addressWriter) Write(p []byte) (int, error) {
	w <- strings.TrimSpace(string(p))
	return len(p), nil
}

func TestServe(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	address, done := make(addressWriter, 1), make(chan error, 1)
	var stderr bytes.Buffer
	go func() { done <- run(ctx, []string{"serve", t.TempDir(), "--addr", "127.0.0.1:0"}, address, &stderr) }()
	select {
	case url := <-address:
		response, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("status %d", response.StatusCode)
		}
	case err := <-done:
		t.Fatal(err)
	}
	stop() // what Ctrl-C does
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the end: %v, want none: to be ended is the usual end", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("serve does not end")
	}
}
