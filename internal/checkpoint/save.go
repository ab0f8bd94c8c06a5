package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Saver writes the checkpoints of a run into a folder, in GoMLX's format with a manifest beside it.
//
// GoMLX's own writer is not used: it takes an error of writing a variable for none (a full disk leaves a checkpoint
// without it), writes under the final name, and deletes the checkpoint before without knowing whether its own is on
// disk.
type Saver struct {
	Folder string
	Run    recipe.Identity
	// Keep is the number of checkpoints that are kept; older ones of the same run are deleted, others never.
	Keep int
	// Spare tells, by its step, of which checkpoints the newest is kept too; nil for none.
	Spare func(step int64) bool
	// Skip tells which variables, by their paths, are no part of the state.
	Skip func(path string) bool
}

// unfinished is the name under which a checkpoint is written; a crash leaves it behind, and the next one replaces it.
const unfinished = "unfinished"

// Save writes a checkpoint of a store, and of the values of an earlier one that no variable has taken yet (nil for
// none), and returns its path without extension. It appears in one piece, after its bytes are on disk.
func (s Saver) Save(store *model.Store, rest *Checkpoint) (path string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("checkpoint: saving in %s: %w", s.Folder, err)
		}
	}()
	if err := runlog.MakeDir(s.Folder); err != nil {
		return "", err
	}
	step := optimizer.GetGlobalStep(store)
	m := newManifest(s.Run, step)
	d := description{BinFormat: uncompressed}
	temporary := filepath.Join(s.Folder, unfinished)
	m.Data, err = writeDurably(temporary+dataSuffix, func(w io.Writer) error { return s.writeData(w, store, rest, &d) })
	if err != nil {
		return "", err
	}
	for at, value := range store.IterParams() {
		scope, key := model.SplitPath(at)
		d.Params = append(d.Params, savedParam{Scope: scope, Key: key, Value: value, ValueType: fmt.Sprintf("%T", value)})
	}
	m.Description, err = writeDurably(temporary+descriptionSuffix, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "\t")
		return encoder.Encode(d)
	})
	if err != nil {
		return "", err
	}
	text, err := m.encode()
	if err != nil {
		return "", err
	}
	if _, err := writeDurably(temporary+manifestSuffix, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}); err != nil {
		return "", err
	}
	if path, err = s.name(step); err != nil {
		return "", err
	}
	for _, suffix := range []string{manifestSuffix, dataSuffix, descriptionSuffix} { // found by the last one
		if err := os.Rename(temporary+suffix, path+suffix); err != nil {
			return "", err
		}
	}
	if err := runlog.SyncDir(s.Folder); err != nil {
		return "", err
	}
	return path, s.deleteOld()
}

// writeData writes the values one after the other and describes them.
func (s Saver) writeData(w io.Writer, store *model.Store, rest *Checkpoint, d *description) error {
	var end int64
	write := func(path string, value *tensors.Tensor) error {
		var length int
		var writeErr error
		err := value.ConstBytes(func(bytes []byte) { length, writeErr = w.Write(bytes) })
		if err := errors.Join(err, writeErr); err != nil {
			return fmt.Errorf("variable %s: %w", path, err)
		}
		d.Variables = append(d.Variables, savedVariable{
			ParameterName: keyPrefix + path, Dimensions: value.Shape().Dimensions, DType: value.DType(),
			Pos: end, Length: int64(length),
		})
		end += int64(length)
		return nil
	}
	for v := range store.IterVariables() {
		if s.Skip != nil && s.Skip(v.Path()) {
			continue
		}
		value, err := v.Value()
		if err == nil {
			err = write(v.Path(), value)
		}
		if err != nil {
			return err
		}
	}
	if rest == nil {
		return nil
	}
	for path, value := range rest.values {
		if err := write(path, value); err != nil {
			return err
		}
	}
	return nil
}

// writeDurably writes a file, returns what is known of its content, and brings it to disk.
func writeDurably(path string, write func(io.Writer) error) (sum fileSum, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return sum, err
	}
	hash := sha256.New()
	counted := &counter{w: io.MultiWriter(file, hash)}
	if err = write(counted); err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	return fileSum{counted.n, hex.EncodeToString(hash.Sum(nil))}, err
}

// counter counts the bytes that it passes on.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (n int, err error) {
	n, err = c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// name is the path of the next checkpoint: with a number above that of every file there, also of those moved aside.
func (s Saver) name(step int64) (string, error) {
	entries, err := os.ReadDir(s.Folder)
	if err != nil {
		return "", err
	}
	next := 0
	for _, e := range entries {
		if found := namePattern.FindStringSubmatch(e.Name()); found != nil {
			if number, err := strconv.Atoi(found[1]); err == nil {
				next = max(next, number+1)
			}
		}
	}
	// GoMLX's names.
	name := fmt.Sprintf("checkpoint-n%07d-%s-step-%08d", next, time.Now().Format("20060102-150405"), step)
	return filepath.Join(s.Folder, name), nil
}

// deleteOld deletes what this run has written, but for its newest checkpoints.
func (s Saver) deleteOld() error {
	listed, err := list(s.Folder)
	if err != nil {
		return err
	}
	var own []string
	steps := map[string]int64{}
	for name := range listed {
		path := filepath.Join(s.Folder, name)
		if m, err := readManifest(path); err == nil && m != nil && m.Run == s.Run.Sum {
			own, steps[path] = append(own, path), m.Step
		}
	}
	slices.Sort(own)
	old := own[:max(0, len(own)-s.Keep)]
	spared := func(path string) bool { return s.Spare != nil && s.Spare(steps[path]) }
	if !slices.ContainsFunc(own[len(old):], spared) {
		for at, path := range slices.Backward(old) {
			if spared(path) {
				old = slices.Delete(old, at, at+1)
				break
			}
		}
	}
	for _, path := range old {
		for _, suffix := range allSuffixes { // the manifest last: it says whose the others are
			if err := os.Remove(path + suffix); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
	}
	return nil
}
