package train

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/advice"
	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/recipe"
)

// What short runs find is in config.json as a number, with where it comes from, and is not looked for again.
func TestAuto(t *testing.T) {
	t.Chdir(t.TempDir())
	args := append(strings.Fields("train --method sam --lr auto --rho auto --out runs --quiet --lambda-products 0"),
		clitest.Tiny()...)
	text := xsam.Done(t, args...)
	var a advice.Advice
	read, err := os.ReadFile(filepath.Join("runs", advice.Folder, advice.File))
	if err == nil {
		err = json.Unmarshal(read, &a)
	}
	if err != nil || a.Runs != 8 || a.Validation == 0 {
		t.Fatalf("advice %+v, %v, want that of 8 short runs", a, err)
	}
	config, err := recipe.Read(clitest.ReadRun(t, "runs/sam-seed0"))
	if err != nil {
		t.Fatal(err)
	}
	usual := recipe.Defaults("glyphs")
	usual.Model = "mlp"
	usual.Suit(64)
	for flag, is := range map[string]struct{ got, usual float64 }{
		"lr": {config.LearningRate, usual.LearningRate}, "rho": {config.Rho, 0.05},
	} {
		want, why := a.Value(flag)
		if want == 0 {
			want = is.usual
		}
		if is.got != want || config.Origins[flag] != why || !strings.Contains(text, why) {
			t.Errorf("%s is %v from %q, want %v from %q, said in\n%s", flag, is.got, config.Origins[flag], want, why, text)
		}
	}
	if err := os.RemoveAll(filepath.Join("runs", advice.Folder)); err != nil {
		t.Fatal(err)
	}
	for _, again := range [][]string{append(args, "--resume"), {"train", "--resume", "runs/sam-seed0", "--backend", "go",
		"--quiet"}} {
		if got := xsam.Done(t, again...); got != text {
			t.Errorf("xsam %v prints\n%s\nwant\n%s", again, got, text)
		}
		if _, err := os.Stat(filepath.Join("runs", advice.Folder)); err == nil {
			t.Errorf("xsam %v makes short runs again", again)
		}
	}
}

func TestAutoRefuses(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"train --lr automatic":                    "or auto",
		"train --alpha auto":                      "want a number",
		"train --method sgd --rho auto":           "no effect on sgd",
		"train --method asam --rho auto":          "units of its own",
		"train --method sam:rho=auto --rho 0.1":   "want a number",
		"train --method sam:rho=0.1 --lr nothing": "or auto",
	})
}
