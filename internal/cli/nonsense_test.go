package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
)

// nonsense are texts that no flag of a type can mean, but for those in meant.
var nonsense = map[string][]string{
	"int":         {"-1", "NaN", "0.5", "4611686018427387904", "1e3", "x", ""},
	"int64":       {"NaN", "0.5", "99999999999999999999", "x", ""},
	"float64":     {"-1", "NaN", "Inf", "-Inf", "1e300", "x", ""},
	"bool":        {"maybe", "2"},
	"string":      {"no\x00thing", "-1", "nonsense:of=it"},
	"stringArray": {"nonsense", "rho=", "rho=x", "=1", "rho=0.1,0.1"},
}

// meant are the values of these that mean something, and why.
var meant = map[string]string{
	"from-step=-1":                        "the first step of the last fifth",
	"eval-every=4611686018427387904":      "never but at the end",
	"lambda-every=4611686018427387904":    "the same",
	"keep-every=4611686018427387904":      "none is kept",
	"curvature-every=4611686018427387904": "none is made",
	"lambda-products=4611686018427387904": "until it has converged",
	"max-products=4611686018427387904":    "the same",
	"lr-warmup=4611686018427387904":       "the learning rate hardly rises",
	"examples=4611686018427387904":        "all of them",
	"curvature batch=4611686018427387904": "all in one",
}

// free are flags that take any text, or of which another test says what is wrong: files and folders, columns and names
// in them, and engines.
var free = []string{"out", "data-dir", "model-dir", "weights-dir", "plots", "config", "label", "freeze", "train", "head",
	"from", "backend", "help", "help-all", "seed"}

// Every flag of the commands that compute, given a value that is none of its own, is refused in one line, with exit 2
// and before anything is done.
func TestNonsenseIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(flags.DataDirVariable, "")
	cancelled, cancel := context.WithCancel(context.Background())
	cancel() // what is taken stops before it begins
	calls, refused := 0, 0
	for name, args := range map[string]string{
		"compare":   "--list-runs --seeds 1 --methods sgd,sam,asam,fsam,msam,eigensam,looksam,xsam,xsam-paper",
		"train":     "--backend go",
		"curvature": "--data glyphs --train-size 32 --backend go",
		"bench":     "--backend go",
	} {
		root := newRoot(io.Discard, io.Discard)
		cmd, _, err := root.Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if slices.Contains(free, f.Name) {
				return
			}
			for _, value := range nonsense[f.Value.Type()] {
				given := append([]string{name}, strings.Fields(args)...)
				given = append(given, "--"+f.Name+"="+value)
				var out, errs bytes.Buffer
				code := xsam.Start(cancelled, &out, &errs, given...)
				calls++
				if code == exit.WrongUsage {
					refused++
				}
				stderr := errs.String()
				means := meant[f.Name+"="+value] + meant[name+" "+f.Name+"="+value]
				if (code == exit.WrongUsage) != (means == "") || code == exit.WrongUsage && reasons(stderr) != 1 {
					t.Errorf("xsam %q: exit %d, %q, want exit 2 and one line", given, code, stderr)
				}
			}
		})
	}
	if left, _ := os.ReadDir("."); len(left) > 0 {
		t.Errorf("they left %v", left)
	}
	if t.Logf("%d calls, %d refused", calls, refused); refused < 200 {
		t.Errorf("%d calls were refused, want 200 or more", refused)
	}
}
