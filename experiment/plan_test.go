package experiment

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// While the first run is going on its folder says already which runs will be there, and one run alone has no plan.
func TestThePlanIsWrittenFirst(t *testing.T) {
	engine := testbackend.GoEngine(t)
	recipes, err := recipe.Plan(testrun.Tiny(t, "sgd"), []string{"sgd", "sam"}, nil, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	var during []string
	ctx, cancel := context.WithCancel(context.Background())
	_, err = RunAll(ctx, engine, recipes, recipe.Dirs(out, recipes), Options{Progress: func(p Progress) {
		if p.Step == 2 {
			during = runlog.Planned(os.DirFS(out), ".")
			cancel()
		}
	}})
	if err == nil {
		t.Fatal("the runs were not interrupted")
	}
	if want := []string{"sgd-seed0", "sam-seed0"}; !slices.Equal(during, want) {
		t.Errorf("planned during the first run: %q, want %q", during, want)
	}
	single, _ := testrun.Make(t, Run, engine, recipes[0], Options{})
	if got := runlog.Planned(os.DirFS(filepath.Dir(single)), "."); got != nil {
		t.Errorf("one run plans %q", got)
	}
}
