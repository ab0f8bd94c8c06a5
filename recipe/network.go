package recipe

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/xsam-go/xsam/internal/regular"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/models/onnx"
	"github.com/xsam-go/xsam/models/weights"
)

// onnxPrefix begins the name of a model in a file of the user's own.
const onnxPrefix = "onnx:"

// Network is where the model and its first weights come from, and which of them are trained.
type Network struct {
	// Model names a model of package models, or "onnx:FILE", a file within ModelDir. ModelHash names its contents: others
	// are refused.
	Model     string `json:"model"`
	ModelDir  string `json:"model_dir,omitempty"`
	ModelHash string `json:"model_hash,omitempty"`
	// Weights is "" or "safetensors:FILE", within WeightsDir: the weights to begin with. WeightsHash names its contents.
	Weights     string `json:"weights,omitempty"`
	WeightsDir  string `json:"weights_dir,omitempty"`
	WeightsHash string `json:"weights_hash,omitempty"`
	// Init is "" for the weights of the file, or "random" for such as the run's seed draws.
	Init string `json:"init,omitempty"`
	// Freeze and Train are patterns of names of weights, separated by commas: those that are not trained, and the only
	// ones that are. Head is a node of the file after which a new dense layer is put.
	Freeze string `json:"freeze,omitempty"`
	Train  string `json:"train,omitempty"`
	Head   string `json:"head,omitempty"`
}

// IsONNX tells whether the model is a file of the user's own.
func (n Network) IsONNX() bool { return strings.HasPrefix(n.Model, onnxPrefix) }

// ModelPath is the path of the model's file.
func (n Network) ModelPath() string {
	return under(n.ModelDir, strings.TrimPrefix(n.Model, onnxPrefix))
}

// WeightsPath is the path of the file of weights, "" without one.
func (n Network) WeightsPath() (string, error) {
	if n.Weights == "" {
		return "", nil
	}
	path, err := weights.Parse(n.Weights)
	return under(n.WeightsDir, path), err
}

// under is a path that begins at dir, unless it is absolute.
func under(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// ModelTitle is a short name of the model, for folders: "net" of "onnx:net.onnx".
func (n Network) ModelTitle() string {
	if !n.IsONNX() {
		return n.Model
	}
	return strings.TrimSuffix(filepath.Base(n.ModelPath()), ".onnx")
}

// locate cuts the files into their names and the folders that they are in, and notes what they hold.
func (n *Network) locate() error {
	if n.Init == "file" {
		n.Init = ""
	}
	if n.validate() != nil {
		return nil // Validate says it
	}
	if n.IsONNX() {
		path, err := filepath.Abs(n.ModelPath())
		if err != nil {
			return fmt.Errorf("recipe: %w", err)
		}
		file, err := onnx.Read(path)
		if err != nil {
			return err
		}
		n.ModelDir, n.Model, n.ModelHash = filepath.Dir(path), onnxPrefix+filepath.Base(path), file.Fingerprint()
	}
	if n.Weights == "" {
		return nil
	}
	path, err := n.WeightsPath()
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return err
	}
	n.WeightsDir, n.Weights = filepath.Dir(path), weights.NameOf(filepath.Base(path))
	n.WeightsHash, err = hashOf(path)
	return err
}

// hashOf names the contents of a file.
func hashOf(path string) (string, error) {
	file, _, err := regular.Open(path, weights.MaxFile)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("weights: %s: it does not exist: want a file; see --weights and --weights-dir", path)
	case err != nil:
		return "", fmt.Errorf("weights: %w: want a safetensors file", err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("weights: %s: %w", path, err)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16]), nil
}

// CheckWeights reports a file of weights that is not the one of the run.
func (n Network) CheckWeights(path string) error {
	got, err := hashOf(path)
	if err == nil && n.WeightsHash != "" && got != n.WeightsHash {
		err = changed(path, got, n.WeightsHash, "--weights-dir")
	}
	return err
}

// CheckModel reports a file that is not the one of the run.
func (n Network) CheckModel(f *onnx.File) error {
	if got := f.Fingerprint(); n.ModelHash != "" && got != n.ModelHash {
		return changed(n.ModelPath(), got, n.ModelHash, "--model-dir")
	}
	return nil
}

func changed(path, got, want, flag string) error {
	return fmt.Errorf("recipe: %s has changed: its fingerprint is %s, that of the run is %s: give the file of the run "+
		"(%s), or make a new run", path, got, want, flag)
}

// validate reports what does not go together, as far as it can be told without the files.
func (n Network) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("recipe: "+format, args...)) }
	switch {
	case n.Model == onnxPrefix:
		bad("model %s names no file: want onnx:FILE", n.Model)
	case !n.IsONNX():
		if err := models.Check(n.Model); err != nil {
			errs = append(errs, fmt.Errorf("%w, or your own: onnx:FILE", err))
		}
	}
	if _, err := n.WeightsPath(); err != nil {
		errs = append(errs, err)
	}
	switch {
	case n.Init != "" && n.Init != "file" && n.Init != "random":
		bad("init %q: want file or random", n.Init)
	case n.Init == "random" && n.Weights != "":
		bad("init random with weights %s: want one of them", n.Weights)
	}
	if !n.IsONNX() && (n.Init == "random" || n.Head != "") {
		bad("init %q, head %q with model %s: they are for onnx:FILE: leave them out", n.Init, n.Head, n.Model)
	}
	return errors.Join(errs...)
}
