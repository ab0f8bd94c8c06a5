package experiment

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/runlog"
)

// A run of the form that earlier versions took for the published one cannot be gone on with: its record has the
// correction "paper" and no length.
func TestTheEarlierFormIsNotResumed(t *testing.T) {
	engine := testbackend.GoEngine(t)
	r := testrun.Tiny(t, "xsam-paper")
	r.Epochs, r.LambdaProducts = 1, 0
	dir, _ := testrun.Make(t, Run, engine, r, Options{})
	if _, err := Run(context.Background(), engine, r, dir, Options{Existing: Resume}); err != nil {
		t.Fatalf("the form of today: %v", err)
	}
	path := filepath.Join(dir, runlog.ConfigFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	if config["length"] != "unit" || config["correction"] != "paper" {
		t.Fatalf("the record has length %v and correction %v, want unit and paper", config["length"], config["correction"])
	}
	delete(config, "length")
	if text, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Run(context.Background(), engine, r, dir, Options{Existing: Resume})
	if err == nil || !strings.Contains(err.Error(), "xsam-paper (raw c), a form that is no longer made") {
		t.Errorf("resuming the earlier form: %v, want a refusal that names it", err)
	}
}
