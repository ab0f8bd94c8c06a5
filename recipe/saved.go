package recipe

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"runtime/debug"
	"slices"

	"github.com/xsam-go/xsam/runlog"
)

// Saved is a recipe as config.json holds it, with what it ran on.
type Saved struct {
	Recipe
	Version         string `json:"version"`
	Backend         string `json:"backend"`
	BackendFallback string `json:"backend_fallback,omitempty"`
	Device          string `json:"device"`            // as the engine describes itself
	Devices         int    `json:"devices,omitempty"` // over which batches were spread, when more than one
	Platform        string `json:"platform"`
	CPUs            int    `json:"cpus"`
	Go              string `json:"go"`
}

// Read returns what the config.json of a run says, also of earlier versions.
func Read(run *runlog.Run) (Saved, error) {
	var c Saved
	err := run.Decode(&c)
	c.Settle()
	return c, err
}

// Settle drops what has no effect, as records of earlier versions have it: the radius of ascents that no step makes. So
// a run of then is held against a recipe of now, and goes on.
func (r *Recipe) Settle() {
	if r.Config.Ascent.Every == 0 {
		r.Rho = 0
	}
}

// Differences names the keys in which two recipes differ. Where data and models lie is no part of a recipe.
func Differences(a, b Recipe) (changed []string) {
	fields := func(r Recipe) map[string]any {
		m := map[string]any{}
		if text, err := json.Marshal(r); err == nil {
			_ = json.Unmarshal(text, &m) // of what Marshal wrote
		}
		return m
	}
	x, y := fields(a), fields(b)
	keys := maps.Clone(x) // a key of one alone is a difference too
	maps.Copy(keys, y)
	for key := range keys {
		if !slices.Contains(places, key) && !reflect.DeepEqual(x[key], y[key]) {
			changed = append(changed, fmt.Sprintf("%s %v, now %v", key, x[key], y[key]))
		}
	}
	slices.Sort(changed)
	return changed
}

// CodeVersion names the code that runs: the module's version, or the commit it was built from, with "+dirty" after
// changes.
func CodeVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if version != "" && version != "(devel)" {
		return version
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			revision = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if revision == "" {
		return "devel"
	}
	return "devel-" + revision + dirty
}
