package recipe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/runlog"
)

// Comparison is what a comparison was asked for, as comparison.json holds it beside the runs: enough to go on with it,
// to add seeds or methods, or to make it again.
type Comparison struct {
	Recipe   Recipe            `json:"recipe"` // what the runs have in common; no method, no seed
	Methods  []string          `json:"methods"`
	Settings map[string]string `json:"settings,omitempty"` // of the methods that have them: see Plan
	Seed     int64             `json:"seed"`               // the first
	Seeds    int               `json:"seeds"`
	Sweep    []string          `json:"sweep,omitempty"` // settings to try before, as --sweep names them
	Tune     int               `json:"tune,omitzero"`   // or a number of trials
	// Auto are the flags, "lr" and "rho", whose values are to be found by short runs and have not been yet.
	Auto []string `json:"auto,omitempty"`
	// Chosen are the methods with the settings that were chosen by these, once they are; Tuning is the record of the
	// search, as tune.json has it.
	Chosen  []string        `json:"chosen,omitempty"`
	Tuning  json.RawMessage `json:"tuning,omitempty"`
	Running Running         `json:"running"`
}

// Running is how the runs are made; it does not decide their outcome.
type Running struct {
	Devices        int    `json:"devices,omitzero"`
	KeepEvery      int    `json:"keep_every,omitzero"`
	CurvatureEvery int    `json:"curvature_every,omitzero"`
	OnNonfinite    string `json:"on_nonfinite,omitempty"`
	TensorBoard    bool   `json:"tensorboard,omitzero"`
	// Origins say where settings of the recipe come from that nobody gave, by their flags.
	Origins map[string]string `json:"origins,omitempty"`
}

// Plan returns the recipes of the runs.
func (c Comparison) Plan() ([]Recipe, error) {
	return Plan(c.Recipe, c.Methods, c.Settings, c.Seed, c.Seeds)
}

// Write leaves the comparison in its folder. What another one of the same recipe has asked for in the same folder is
// kept: its methods and its seeds.
func (c Comparison) Write(dir string) error {
	path := filepath.Join(dir, runlog.ComparisonFile)
	if old, err := readComparison(path); err == nil && old.Seeds > 0 && len(c.Differences(old)) == 0 {
		for _, m := range c.Methods {
			if !slices.Contains(old.Methods, m) {
				old.Methods = append(old.Methods, m)
			}
		}
		end := max(old.Seed+int64(old.Seeds), c.Seed+int64(c.Seeds))
		c.Methods, c.Seed, c.Settings = old.Methods, min(old.Seed, c.Seed), c.with(old.Settings)
		c.Seeds = int(end - c.Seed)
	}
	if err := runlog.MakeDir(dir); err != nil {
		return err
	}
	return runlog.Write(path, c)
}

// Differences names what keeps a comparison from standing in one record with an earlier one: all but methods, seeds,
// and how and where it runs. Settings may be added for methods that alone have them.
func (c Comparison) Differences(old Comparison) []string {
	changed := Differences(old.Recipe, c.Recipe)
	if !slices.Equal(old.Sweep, c.Sweep) || old.Tune != c.Tune {
		changed = append(changed, "other trials before it")
	}
	if len(changed) > 0 {
		return changed
	}
	all := c.with(old.Settings)
	for i, one := range []Comparison{old, c} {
		own, err := Plan(one.Recipe, one.Methods, one.Settings, one.Seed, 1)
		both, errBoth := Plan(one.Recipe, one.Methods, all, one.Seed, 1)
		if err := errors.Join(err, errBoth); err != nil {
			return []string{err.Error()}
		}
		if i == 1 { // what is now, beside what would be with the settings of before
			own, both = both, own
		}
		for i := range own {
			changed = append(changed, Differences(own[i], both[i])...)
		}
	}
	return changed
}

// with are the settings of a comparison beside others.
func (c Comparison) with(others map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, others)
	maps.Copy(all, c.Settings)
	return all
}

// ReadComparison reads what is at path: a comparison.json, the config.json of a run, or a folder with one of them or
// with runs. Of a run it makes a comparison of its method and seed alone; of runs one of all of them, which must have a
// recipe in common.
func ReadComparison(path string) (Comparison, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Comparison{}, fmt.Errorf("recipe: %w: want a comparison.json or config.json, or a folder with one", err)
	}
	if !info.IsDir() {
		return readComparison(path)
	}
	for _, name := range []string{runlog.ComparisonFile, runlog.ConfigFile} {
		c, err := readComparison(filepath.Join(path, name))
		if !errors.Is(err, fs.ErrNotExist) {
			return c, err
		}
	}
	return fromRuns(path)
}

func readComparison(path string) (c Comparison, err error) {
	text, err := runlog.Read(path)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("recipe: %s: %w: want a comparison.json or the config.json of a run", path, err)
	}
	if c.Methods != nil {
		return c, nil
	}
	var run Saved
	if err := json.Unmarshal(text, &run); err != nil || run.Method == "" {
		return c, fmt.Errorf("recipe: %s names no method: want a comparison.json or the config.json of a run", path)
	}
	run.settle()
	return run.comparison(path)
}

// comparison is that of a run alone.
func (s Saved) comparison(path string) (Comparison, error) {
	if s.Study != nil {
		return Comparison{}, fmt.Errorf("recipe: %s is of a Go program, which alone has the data and the model: run it "+
			"there", path)
	}
	settings, ok := s.Settings()
	if !ok {
		return Comparison{}, fmt.Errorf("recipe: %s has a method that no settings lead to: it is of another version", path)
	}
	c := Comparison{Recipe: s.Recipe, Methods: []string{s.Method}, Settings: settings, Seed: s.Seed, Seeds: 1}
	c.Running.Devices, c.Running.Origins = s.Devices, s.Origins
	c.Recipe.Method, c.Recipe.Seed, c.Recipe.Config = "", 0, xsam.Config{}
	return c, nil
}

// fromRuns puts the runs of a folder together that has no comparison.json.
func fromRuns(dir string) (all Comparison, err error) {
	names, err := runlog.List(os.DirFS(dir), ".")
	if err != nil {
		return all, err
	}
	if len(names) == 0 {
		return all, fmt.Errorf("recipe: %s holds no run and no comparison.json: want a folder that --out of xsam compare "+
			"made: %w", dir, fs.ErrNotExist)
	}
	last := int64(0)
	for i, name := range names {
		c, err := readComparison(filepath.Join(dir, name, runlog.ConfigFile))
		if err != nil {
			return all, err
		}
		if i == 0 {
			all, last = c, c.Seed
			if all.Settings == nil {
				all.Settings = map[string]string{}
			}
			continue
		}
		if !reflect.DeepEqual(c.Recipe, all.Recipe) {
			return all, fmt.Errorf("recipe: the runs in %s differ (%v): want runs of one recipe, or one run directory", dir,
				Differences(all.Recipe, c.Recipe))
		}
		for name, value := range c.Settings {
			if old, set := all.Settings[name]; set && old != value {
				return all, fmt.Errorf("recipe: the runs in %s have %s of %s and of %s: want one of them in the names of the "+
					"methods, as in sam:%s=%s", dir, name, old, value, name, value)
			}
			all.Settings[name] = value
		}
		if !slices.Contains(all.Methods, c.Methods[0]) {
			all.Methods = append(all.Methods, c.Methods[0])
		}
		all.Seed, last = min(all.Seed, c.Seed), max(last, c.Seed)
	}
	all.Seeds = int(last-all.Seed) + 1
	return all, nil
}
