package recipe

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/xsam-go/xsam/datasets/own"
)

// RegressionRate is the learning rate that a regression starts from. At the 0.05 of classes X-SAM diverges on iris: the
// squared error of a number of variance 1 is more sharply curved than the cross entropy of a class.
const RegressionRate = 0.01

// Locate cuts data of the user's own into its name and the folder that it is in, so that Data stays what it is
// where the folder moves. A relative path begins at DataDir, or at the working folder where that is "". Built-in sets
// stay as they are. Task "classification" becomes "", which stands for it. Model and Weights are cut likewise, and what
// their files hold is noted.
func (r *Recipe) Locate() error {
	if err := r.Network.locate(); err != nil {
		return err
	}
	if r.Task == "classification" {
		r.Task = ""
	}
	source, ok := own.Parse(r.Data)
	if !ok || source.Path == "" {
		return nil
	}
	path, err := filepath.Abs(under(r.DataDir, source.Path))
	if err != nil {
		return fmt.Errorf("recipe: data %s: %w", r.Data, err)
	}
	r.DataDir = filepath.Dir(path)
	source.Path = filepath.Base(path)
	r.Data = source.String()
	return nil
}

// Fingerprint sets DataHash to what the data of the user's own holds now. Built-in sets have none.
func (r *Recipe) Fingerprint() (err error) {
	if source, ok := own.Parse(r.Data); ok {
		r.DataHash, err = source.Fingerprint(r.DataDir)
	}
	return err
}

// DataTitle is a short name of the data, for folders: "iris" of "csv:iris.csv".
func (r Recipe) DataTitle() string {
	if source, ok := own.Parse(r.Data); ok {
		return source.Title()
	}
	return r.Data
}

// Regression tells whether the recipe learns a number and no class: its loss is the mean squared error, and there is
// no accuracy.
func (r Recipe) Regression() bool { return r.Task == own.Regression }

// ValidateData reports what does not go with data of the user's own, and options of it with another set.
func (r Recipe) ValidateData() error {
	source, ok := own.Parse(r.Data)
	if !ok {
		if r.Label != "" || r.Task != "" || r.Image != "" {
			return fmt.Errorf("recipe: label %q, task %q, image %q with data %s: they are for data of your own: "+
				"leave them out", r.Label, r.Task, r.Image, r.Data)
		}
		return nil
	}
	errs := []error{source.Check(r.DataOptions().Own)}
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("recipe: "+format, args...)) }
	if source.Tabular() && r.Model != "mlp" && !strings.HasPrefix(r.Model, "mlp-") && !r.IsONNX() {
		bad("model %s does not fit %s: a table has columns and no image: want mlp, mlp-DEPTHxWIDTH or onnx:FILE", r.Model,
			r.Data)
	}
	if source.Tabular() && r.Augment {
		bad("augment with %s: a table cannot be shifted or mirrored: leave it out", r.Data)
	}
	if r.Regression() && r.LabelNoise > 0 {
		bad("label noise = %v with task %s: there are no classes to draw from: want 0", r.LabelNoise, r.Task)
	}
	return errors.Join(errs...)
}
