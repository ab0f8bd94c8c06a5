package recipe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"runtime/debug"
	"slices"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/runlog"
)

// Saved is a recipe as config.json holds it, with what it ran on.
type Saved struct {
	Recipe
	// ExtendedTo is the number of epochs of a run that was made longer when it had ended, 0 of others. It is no part of
	// the run's identity: its checkpoints are those of a run of this length.
	ExtendedTo int `json:"extended_epochs,omitempty"`
	// LambdaBound is the bound on λ in numbers, 0 for none.
	LambdaBound float64 `json:"lambda_bound,omitempty"`
	// Origins say where settings of the recipe come from that nobody gave, by their flags: "lr" from short runs.
	Origins         map[string]string `json:"origins,omitempty"`
	Version         string            `json:"version"`
	Backend         string            `json:"backend"`
	BackendFallback string            `json:"backend_fallback,omitempty"`
	Device          string            `json:"device"`              // as the engine describes itself
	Devices         int               `json:"devices,omitempty"`   // over which batches were spread, when more than one
	XLAFlags        string            `json:"xla_flags,omitempty"` // the user's $XLA_FLAGS
	Platform        string            `json:"platform"`
	CPUs            int               `json:"cpus"`
	Go              string            `json:"go"`
}

// Read returns what the config.json of a run says, also of earlier versions.
func Read(run *runlog.Run) (Saved, error) {
	var c Saved
	err := run.Decode(&c)
	c.settle()
	return c, err
}

// settle is Settle, with the epochs of a run that was made longer.
func (s *Saved) settle() {
	s.Settle()
	if s.ExtendedTo > 0 {
		s.Epochs = s.ExtendedTo
	}
}

var extended = regexp.MustCompile(`"extended_epochs":\s*\d+,?`)

// Extended is the text of a config.json with ExtendedTo. All else stays as it is written: the run's identity goes by
// it.
func Extended(config []byte, epochs int) json.RawMessage {
	rest := bytes.TrimPrefix(bytes.TrimSpace(extended.ReplaceAll(config, nil)), []byte("{"))
	return append(fmt.Appendf(nil, `{"extended_epochs": %d,`, epochs), rest...)
}

// Extends tells whether a recipe is a recorded one with more epochs and nothing else, and err says why such a run
// cannot be made longer: where the learning rate falls by a schedule, it has fallen, and a longer run has another one
// from its start.
func Extends(recorded, r Recipe) (more bool, err error) {
	same := recorded
	same.Epochs = r.Epochs
	if r.Epochs <= recorded.Epochs || len(Differences(same, r)) > 0 {
		return false, nil
	}
	if r.Schedule != "constant" {
		return false, fmt.Errorf("recipe: the learning rate of the run falls by the schedule %s over %d epochs: with %d it "+
			"is another run: make that from its start in another folder (--config, --epochs, --out), or train with --schedule "+
			"constant, which can be made longer", r.Schedule, recorded.Epochs, r.Epochs)
	}
	if r.From == xsam.LastFifth {
		return false, fmt.Errorf("recipe: %s begins with the last fifth of the run, which is another one with %d epochs: "+
			"make that from its start in another folder (--config, --epochs, --out)", r.Method, r.Epochs)
	}
	return true, nil
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
