package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/runlog"
)

// Every kind of data goes the whole way: it is inspected, compared, resumed, measured, and made again.
func TestOwnData(t *testing.T) {
	testbackend.SkipSlow(t)
	dir := t.TempDir()
	t.Chdir(dir)
	ownData(t, dir)
	for _, tt := range []struct{ data, flags string }{
		{"folder:photos", ""},
		{"folder:photos", "--image 4x6x1"},
		{"npz:photos.npz", ""},
		{"idx:letters", ""},
		{"idx:letters/emnist-letters", ""},
		{"parquet:photos.parquet", "--image 5x5x3"},
		{"csv:iris.csv", "--label species"},
		{"csv:iris.data", "--label 5"},
		{"csv:wine.data", "--label 1"},
		{"csv:iris.csv", "--label petal_width --task regression"},
	} {
		t.Run(tt.data+" "+tt.flags, func(t *testing.T) {
			out := t.TempDir()
			inspect := append([]string{"data", "inspect", tt.data, "--format", "json"}, strings.Fields(tt.flags)...)
			stdout := xsam.Done(t, inspect...)
			var found datasets.Inspection
			if err := json.Unmarshal([]byte(stdout), &found); err != nil {
				t.Fatalf("%v in %s", err, stdout)
			}
			regression := strings.Contains(tt.flags, "regression")
			if (len(found.Classes) != 3) != regression || len(found.Parts) != 2 || found.Fingerprint == "" {
				t.Errorf("inspection %+v, want 3 classes in a training and a test part", found)
			}
			args := append([]string{"compare", "--data", tt.data, "--methods", "sgd,sam,xsam", "--seeds", "1", "--out", out},
				slices.Concat(strings.Fields(tt.flags), strings.Fields("--model mlp-1x8 --train-size 24 --test-size 12 "+
					"--batch 8 --epochs 1 --lambda-products 5 --backend go --quiet"))...)
			stdout = xsam.Done(t, args...)
			if kind, _, _ := strings.Cut(tt.data, ":"); !strings.Contains(stdout, kind+":") {
				t.Errorf("the table is\n%s\nwant data that begins with %s:", stdout, kind)
			}
			if strings.Contains(stdout, "accuracy") == regression || strings.Contains(stdout, "test loss") != regression {
				t.Errorf("the table is\n%s\nwant an accuracy for classes, and the loss for a number", stdout)
			}
			xsam.Done(t, append(args, "--resume")...)
			xsam.Done(t, strings.Fields("curvature "+filepath.Join(out, "sam-seed0")+
				" --measure trace --probes 3 --backend go --quiet")...)
			text := xsam.Done(t, "report", out, "--format", "md")
			again := regexp.MustCompile("(?m)^xsam (compare .*)$").FindStringSubmatch(text)
			if again == nil {
				t.Fatalf("report: no command that makes the runs again:\n%s", text)
			}
			if regression && strings.Contains(strings.SplitN(text, "#### The paper", 2)[0], "accuracy") {
				t.Errorf("the report speaks of an accuracy:\n%s", text)
			}
			repeated := t.TempDir()
			xsam.Done(t, append(words(again[1]), "--backend", "go", "--quiet", "--out", repeated)...)
			if one, two := trainLoss(t, out), trainLoss(t, repeated); one != two {
				t.Errorf("xsam %s leads to the training loss %v, want %v", again[1], two, one)
			}
		})
	}
}

// trainLoss is the training loss of the run of sam.
func trainLoss(t *testing.T, out string) float64 {
	t.Helper()
	run, err := runlog.ReadRun(filepath.Join(out, "sam-seed0"))
	if err != nil {
		t.Fatal(err)
	}
	return run.Summary.TrainLoss.Float()
}

// Data that has changed is refused by what would go on with it, and what is wrong is one line.
func TestOwnDataRefused(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	ownData(t, dir)
	small := " --epochs 1 --seeds 1 --methods sgd --model mlp-1x8 --lambda-products 0 --backend go --quiet --out runs"
	iris := "compare --data csv:iris.csv --label species"
	xsam.Done(t, strings.Fields(iris+small)...)
	text, err := os.ReadFile("iris.csv")
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "moved/iris.csv", text)
	put(t, dir, "iris.csv", bytes.Replace(text, []byte("5.1"), []byte("5.2"), 1))
	put(t, dir, "photos/red/bad.png", []byte("no image"))
	for _, tt := range []struct {
		args   string
		code   int
		stderr string
	}{
		{iris + small + " --resume", exit.Failed, "data_hash"},
		{"curvature runs/sgd-seed0 --backend go --quiet", exit.Failed, "has changed"},
		{"compare --data csv:moved/iris.csv --label species" + small + " --resume", exit.Done, ""},
		{"curvature runs/sgd-seed0 --data-dir moved --measure angle --backend go --quiet", exit.Done, ""},
		{"compare --data csv:iris.csv" + small, exit.WrongUsage, "--label COLUMN"},
		{"compare --data csv:iris.csv --label width" + small + " --force", exit.Failed, "sepal_length"},
		{"compare --data csv: --label y" + small, exit.WrongUsage, "names no file"},
		{"compare --data csv:iris.csv --label species --task rank" + small, exit.WrongUsage, "rank"},
		{"compare --data csv:iris.csv --label species --augment" + small, exit.WrongUsage, "augment"},
		{"compare --data csv:iris.csv --label species --image 8x8x3" + small, exit.WrongUsage, "--image 8x8x3"},
		{strings.Replace(iris+small, "mlp-1x8", "resnet8", 1), exit.WrongUsage, "want mlp"},
		{"compare --data csv:iris.csv --label petal_width --task regression --label-noise 0.1" + small, exit.WrongUsage,
			"label noise"},
		{"compare --data digits --label 3" + small, exit.WrongUsage, "data of your own"},
		{"compare --data npz:none.npz" + small, exit.Failed, "does not exist"},
		{"compare --data folder:photos" + small + " --force", exit.Failed, "1 of 61 images cannot be read: red/bad.png"},
		{"compare --data folder:photos --image big" + small, exit.WrongUsage, "32x32x3"},
		{strings.Replace("compare --data parquet:photos.parquet --image 3x3x3"+small, "mlp-1x8", "cnn", 1) + " --force",
			exit.Failed, "these fit: mlp, resnet8"},
		{"data inspect folder:photos --image 4x4x3", exit.Failed, "red/bad.png"},
		{"data inspect digits", exit.WrongUsage, "xsam data verify"},
		{"data inspect csv:iris.csv --label 9", exit.Failed, "1 to 5"},
		{"data inspect csv:iris.csv --label 1 --format xml", exit.WrongUsage, "xml"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			stdout, stderr, code := xsam.Run(strings.Fields(tt.args)...)
			if code != tt.code || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("exit %d, stderr %q, want %d and %q", code, stderr, tt.code, tt.stderr)
			}
			if lines := reasons(stderr); code != exit.Done && lines != 1 {
				t.Errorf("stderr is %d lines, want 1:\n%s", lines, stderr)
			}
			if strings.HasPrefix(tt.args, "data inspect folder") &&
				!strings.Contains(stdout, "unreadable   red/bad.png: no PNG, JPEG or GIF") {
				t.Errorf("stdout %s, want the file that cannot be read", stdout)
			}
		})
	}
}
