// Package handover exports what a run has trained: its weights, in files that other programs read, and its predictions.
//
//	handover.go   a run that is open
//	predict.go    predictions
package handover

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/models/weights"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Run is a run directory with the weights of one of its checkpoints. Close it after use.
type Run struct {
	Recipe   recipe.Recipe
	Step     int64    // the number of updates that led to the weights
	Warnings []string // problems that do no harm

	program *program.Program
	data    *datasets.Split
}

// Places are the new places of files that a run used and that have moved since; "" keeps the recorded one.
type Places struct{ Data, Model, Weights string }

// Open reads a run directory. checkpoint is "last", or "epoch:5" for one that was kept. It fails when the record, the
// data or the checkpoint cannot be read, and for a checkpoint of another run.
func Open(engine *backend.Engine, dir, checkpoint string, places Places) (*Run, error) {
	saved, err := runlog.ReadRun(dir)
	if err != nil {
		return nil, err
	}
	config, err := recipe.Read(saved)
	if err != nil {
		return nil, err
	}
	r := &Run{Recipe: config.Recipe, Warnings: saved.Problems}
	for place, to := range map[string]*string{places.Data: &r.Recipe.DataDir, places.Model: &r.Recipe.ModelDir,
		places.Weights: &r.Recipe.WeightsDir} {
		if place != "" {
			*to = place
		}
	}
	folder, err := runlog.Checkpoint(dir, checkpoint)
	if err == nil {
		err = r.Recipe.Validate()
	}
	if err != nil {
		return nil, err
	}
	id, err := recipe.IdentityOf(saved.Raw)
	if err != nil {
		return nil, err
	}
	if r.data, err = datasets.Load(r.Recipe.Data, r.Recipe.DataOptions()); err != nil {
		return nil, err
	}
	if r.program, err = program.New(engine, r.Recipe, r.data, 1); err != nil {
		return nil, err
	}
	step, warnings, err := r.program.Load(folder, id)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.Step, r.Warnings = step, append(r.Warnings, warnings...)
	return r, nil
}

// Formats are the file name extensions of the formats that Export writes.
var Formats = append([]string{".onnx"}, weights.Formats...)

// CheckFormat fails for a file name without one of the Formats.
func CheckFormat(path string) error {
	for _, f := range Formats {
		if strings.HasSuffix(path, f) {
			return nil
		}
	}
	return fmt.Errorf("handover: %q: want a name that ends in one of %s", path, strings.Join(Formats, ", "))
}

// Export writes the weights and the averages of batch norms to path, and returns the number of arrays. The extension
// chooses the format: named arrays, or .onnx for a network that came as an ONNX file: that file with the trained
// weights. The file appears in one piece.
func (r *Run) Export(path string) (arrays int, err error) {
	if err := CheckFormat(path); err != nil {
		return 0, err
	}
	named, err := r.program.Arrays()
	if err != nil {
		return 0, err
	}
	var contents []byte
	if strings.HasSuffix(path, ".onnx") {
		contents, err = r.program.ONNX()
	} else {
		contents, err = weights.Encode(path, named, map[string]string{
			"model": r.Recipe.Model, "method": r.Recipe.Method, "seed": strconv.FormatInt(r.Recipe.Seed, 10),
			"step": strconv.FormatInt(r.Step, 10),
		})
	}
	if err != nil {
		return 0, err
	}
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := os.WriteFile(temporary, contents, 0o644); err != nil {
		return 0, fmt.Errorf("handover: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return 0, fmt.Errorf("handover: %w", errors.Join(err, os.Remove(temporary)))
	}
	return len(named), nil
}

// Close frees the memory that the garbage collector does not see.
func (r *Run) Close() error { return r.program.Close() }
