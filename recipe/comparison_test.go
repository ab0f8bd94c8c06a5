package recipe

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// A comparison that is written is read as it was; methods and seeds that are asked for later in the same folder are
// added to it; and one that is put together from its runs alone makes the same runs.
func TestComparisonIsKept(t *testing.T) {
	base := Defaults("glyphs")
	base.Epochs, base.LearningRate = 3, 0.03
	c := Comparison{Recipe: base, Methods: []string{"sam", "xsam:alpha=0.5"}, Settings: map[string]string{"rho": "0.1"},
		Seed: 2, Seeds: 2, Running: Running{KeepEvery: 2, OnNonfinite: "skip"}}
	dir := t.TempDir()
	if err := c.Write(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadComparison(dir); err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("ReadComparison = %+v, %v, want\n%+v", got, err, c)
	}
	more := c
	more.Methods, more.Seed, more.Seeds = []string{"sgd"}, 0, 3
	if err := more.Write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadComparison(dir)
	if want := "sam xsam:alpha=0.5 sgd"; err != nil || strings.Join(got.Methods, " ") != want || got.Seed != 0 ||
		got.Seeds != 4 {
		t.Errorf("after another: %v, seeds %d from %d, %v, want %s, 4 from 0", got.Methods, got.Seeds, got.Seed, err, want)
	}

	recipes, err := c.Plan()
	if err != nil {
		t.Fatal(err)
	}
	runs := t.TempDir()
	for i, sub := range Dirs(runs, recipes) {
		if err := runlog.WriteConfig(sub, Saved{Recipe: recipes[i]}); err != nil {
			t.Fatal(err)
		}
	}
	got, err = ReadComparison(runs)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.Plan()
	if err != nil || !reflect.DeepEqual(again, recipes) {
		t.Errorf("from the runs: %+v, %v, want the same recipes", got, err)
	}
	one, err := ReadComparison(filepath.Join(Dirs(runs, recipes)[1], runlog.ConfigFile))
	if again, _ := one.Plan(); err != nil || len(again) != 1 || !reflect.DeepEqual(again[0], recipes[1]) {
		t.Errorf("from one run: %+v, %v, want its recipe", one, err)
	}
}

func TestReadComparisonRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none"):       "want a comparison.json or config.json",
		dir:                              "holds no run",
		write("a.json", "{"):             "want a comparison.json",
		write("b.json", `{"epochs": 3}`): "names no method",
		write("c.json", `{"method": "sam", "study": {}}`): "Go program",
	} {
		if _, err := ReadComparison(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadComparison(%s) = %v, want %q", path, err, want)
		}
	}
}
