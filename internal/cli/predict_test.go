package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

// Other data is predicted on the scale of the run's: so the whole file, which the run was trained on a part of, gives
// numbers in its own units. What is not like it is refused.
func TestPredictOtherData(t *testing.T) {
	networks(t)
	ownData(t, ".")
	var times strings.Builder
	times.WriteString("a,time\n")
	for i := range 40 {
		fmt.Fprintf(&times, "%d,%d\n", i, 1_700_000_000+3*i)
	}
	for name, contents := range map[string]string{
		"times.csv": times.String(),
		"one.csv":   "sepal_length,sepal_width,petal_length,petal_width,species\n5,3.5,1.5,0.2,setosa\n",
	} {
		if err := os.WriteFile(name, []byte(contents), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	small := " --method sgd --epochs 1 --lambda-products 0 --backend go --quiet --out "
	for out, flags := range map[string]string{
		"width": "--data csv:iris.csv --label petal_width --task regression", "iris": "--data csv:iris.csv --label species",
		"times": "--data csv:times.csv --label time --task regression",
		"p":     "--data folder:photos --model mlp-1x8",
	} {
		xsam.Done(t, strings.Fields("train "+flags+small+out)...)
	}
	for _, tt := range []struct {
		args, stdout, stderr string
		code                 int
	}{
		{"width/sgd-seed0 csv:iris.csv", "0,0.2,", "150 examples, mean squared error", exit.Done},
		{"iris/sgd-seed0 csv:iris.csv", "p:setosa", "150 examples", exit.Done},
		{"iris/sgd-seed0 csv:one.csv", "0,setosa,", "1 examples", exit.Done},
		{"times/sgd-seed0 csv:times.csv", "39,1700000117,", "40 examples", exit.Done},
		{"iris/sgd-seed0", "p:setosa", "30 examples", exit.Done},
		{"p/sgd-seed0 folder:photos", "p:red", "60 examples", exit.Done},
		{"p/sgd-seed0 npz:photos.npz", "", `the class "0"`, exit.Failed},
		{"p/sgd-seed0 npz:shapes.npz", "", "want the same", exit.Failed},
		{"p/sgd-seed0 digits", "", "data of your own", exit.Failed},
		{"iris/sgd-seed0 csv:wine.data", "", "datasets:", exit.Failed},
	} {
		stdout, stderr, code := xsam.Run(append([]string{"predict", "--backend", "go"}, strings.Fields(tt.args)...)...)
		if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
			t.Errorf("predict %s: exit %d: %.200s%s, want %d, %q and %q", tt.args, code, stdout, stderr, tt.code, tt.stdout,
				tt.stderr)
		}
	}
}
