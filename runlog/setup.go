package runlog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Setup is what readers understand of config.json; other keys are in Run.Raw alone.
type Setup struct {
	Task
	// Method is the name under which the run is shown: the method of config.json, and "xsam-paper (raw c)" for a run of
	// the earlier form of xsam-paper, so that it is not pooled with runs of the published form.
	Method         string  `json:"method"`
	Seed           int64   `json:"seed"`
	ValidationSize int     `json:"validation_size"`
	Base           string  `json:"base"`
	LearningRate   float64 `json:"lr"`
	Schedule       string  `json:"schedule"`
	WarmupSteps    int     `json:"lr_warmup_steps"`
	LambdaBound    float64 `json:"lambda_bound"` // that the run was to keep λ under; 0 for none
	Rho            float64 `json:"rho"`
	Correction     string  `json:"correction"`
	Length         string  `json:"length"`
	// LambdaTolerance is the relative residual at which λmax counts as converged.
	LambdaTolerance float64 `json:"lambda_tolerance"`
	Backend         string  `json:"backend"`
	// ExtendedTo are the epochs of a run that was made longer when it had ended; Epochs are these.
	ExtendedTo int `json:"extended_epochs"`
}

// Task is what runs have in common whose outcomes can be judged together.
type Task struct {
	Data       string  `json:"data"`
	DataHash   string  `json:"data_hash"` // of the user's own; with the column that is learnt, and the size of images
	Label      string  `json:"label"`
	Image      string  `json:"image"`
	Model      string  `json:"model"`
	Epochs     int     `json:"epochs"`
	Batch      int     `json:"batch"`
	TrainSize  int     `json:"train_size"`
	LabelNoise float64 `json:"label_noise"`
}

// Differences names what another task has otherwise, "epochs 5 and 40".
func (t Task) Differences(other Task) (all []string) {
	a, b := reflect.ValueOf(t), reflect.ValueOf(other)
	for i := range a.NumField() {
		if x, y := a.Field(i).Interface(), b.Field(i).Interface(); x != y {
			name := strings.ReplaceAll(a.Type().Field(i).Tag.Get("json"), "_", " ")
			all = append(all, fmt.Sprintf("%s %s and %s", name, orNothing(x), orNothing(y)))
		}
	}
	return all
}

func orNothing(x any) string { return cmp.Or(fmt.Sprint(x), "none") }

// RawC tells whether a run is of a form that is no longer made: g_adv/‖g_adv‖ − α|c|v with c of the raw gradient, which
// earlier versions took for the published form of X-SAM. That one takes c of the unit gradient. The records of the
// earlier form have the correction "paper" and say nothing of a length.
func (s Setup) RawC() bool { return s.Correction == "paper" && s.Length == "" }

// rawCSuffix is what Method has behind the method of config.json for such a run.
const rawCSuffix = " (raw c)"

// name is the Name of the run, by its method in config.json.
func (s Setup) name() string { return Name(strings.TrimSuffix(s.Method, rawCSuffix), s.Seed) }

// owns reports why a summary is that of another run. What it does not say is not held against it.
func (s Setup) owns(o Summary) error {
	method := strings.TrimSuffix(s.Method, rawCSuffix)
	if o.Method != "" && (o.Method != method || o.Seed != s.Seed) {
		return fmt.Errorf("it is of another run: %s, seed %d, want %s, seed %d", o.Method, o.Seed, method, s.Seed)
	}
	return nil
}

// newSetup reads the text of the config.json at path.
func newSetup(text []byte, path string) (s Setup, err error) {
	const want = "want the config.json of a run"
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("runlog: %s is no valid recipe: %w: %s", path, err, want)
	}
	if s.Method == "" {
		return s, fmt.Errorf("runlog: %s names no method: %s", path, want)
	}
	s.Epochs = max(s.Epochs, s.ExtendedTo)
	if s.RawC() {
		s.Method += rawCSuffix
	}
	return s, nil
}
