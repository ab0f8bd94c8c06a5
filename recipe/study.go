package recipe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Study is what stands in the recipe of a run of a Go program of the user's own in the place of what the program holds
// as code: its data, its model and its base optimizer.
type Study struct {
	// StepsPerEpoch is the number of updates between two training records.
	StepsPerEpoch int `json:"steps_per_epoch"`
	// SampleBatches is the number of training batches on which training loss and λmax are measured.
	SampleBatches int `json:"sample_batches"`
	// Metric is the name of the metric, "" for none, and Better which way is better, "higher" or "lower".
	Metric string `json:"metric,omitempty"`
	Better string `json:"metric_better,omitempty"`
	// Settings name what else decides the outcome, such as the learning rate.
	Settings map[string]string `json:"settings,omitempty"`
}

// ValidateStudy is Validate for the recipe of a Study.
func (r Recipe) ValidateStudy() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("recipe: "+format, args...)) }
	switch s := r.Study; {
	case s == nil:
		return errors.New("recipe: the recipe has no study: want one, or Validate")
	case s.StepsPerEpoch < 1:
		bad("steps per epoch = %d: want 1 or more", s.StepsPerEpoch)
	case s.SampleBatches < 1:
		bad("sample batches = %d: want 1 or more, to measure training loss and λmax on", s.SampleBatches)
	}
	if r.Data == "" || r.Model == "" {
		bad("data %q, model %q: want a name for both, under which the runs are shown", r.Data, r.Model)
	}
	if r.Epochs < 1 || r.Epochs > largestEpochs {
		bad("epochs = %d: want 1 to %d", r.Epochs, largestEpochs)
	}
	if r.Local {
		bad("local ascent with whole batches: it is about micro-batches, which a study does not make")
	}
	return errors.Join(append(errs, r.checkRun())...)
}

// notOfStudies are the keys of config.json of which a study says nothing: its program decides them.
var notOfStudies = []string{
	"data_seed", "train_size", "test_size", "label_noise", "augment", "dtype", "batch", "lambda_examples", "lambda_batch",
	"base", "lr", "schedule", "lr_warmup_steps", "momentum", "nesterov", "weight_decay", "decay_biases_and_norms", "clip",
}

// MarshalJSON writes what the recipe says; for a study without what it leaves to its program, whose zeros would be
// taken for values.
func (s Saved) MarshalJSON() ([]byte, error) {
	type plain Saved
	text, err := json.Marshal(plain(s))
	if err != nil || s.Study == nil {
		return text, err
	}
	return without(text, notOfStudies)
}

// without leaves keys out of a JSON object and keeps the order of the others.
func without(object []byte, keys []string) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	var kept [][]byte
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		if !slices.Contains(keys, key.(string)) { // a key of an object is a string
			kept = append(kept, fmt.Appendf(nil, "%q:%s", key, value))
		}
	}
	return slices.Concat([]byte("{"), bytes.Join(kept, []byte(",")), []byte("}")), nil
}
