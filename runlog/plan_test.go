package runlog

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A plan grows by what is added, and one that cannot be read plans nothing and is written anew.
func TestPlan(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if got := Planned(os.DirFS(out), "."); got != nil {
		t.Errorf("without a folder: planned %q, want nothing", got)
	}
	for _, tt := range []struct{ add, want []string }{
		{[]string{"sgd-seed0", "sam-seed0"}, []string{"sgd-seed0", "sam-seed0"}},
		{[]string{"sam-seed0", "sam-seed1"}, []string{"sgd-seed0", "sam-seed0", "sam-seed1"}},
	} {
		if err := WritePlan(out, tt.add); err != nil {
			t.Fatal(err)
		}
		if got := Planned(os.DirFS(out), "."); !slices.Equal(got, tt.want) {
			t.Errorf("planned %q, want %q", got, tt.want)
		}
	}
	if err := os.WriteFile(filepath.Join(out, PlanFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := Planned(os.DirFS(out), "."); got != nil {
		t.Errorf("of a broken file: planned %q, want nothing", got)
	}
	if err := WritePlan(out, []string{"sgd-seed0"}); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want the plan alone", entries, err)
	}
}
