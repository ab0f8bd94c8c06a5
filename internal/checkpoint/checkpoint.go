package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/internal/regular"
	"github.com/xsam-go/xsam/recipe"
)

// Checkpoint is a state of training that was read: whole, and of the run that was asked for. It is a model.Loader: what
// a store has no variable for yet it gives when the graph asks.
//
// GoMLX's own reader is not used: it takes memory for what a file describes before anything is checked, panics on
// shapes that cannot be, and reads no variable above 1 GiB. Here the bytes that are checked are those that are used.
type Checkpoint struct {
	Path string // of its files, without extension
	Step int64  // number of updates made
	// Unsigned says that it has no manifest: a version that wrote none made it, and its bytes cannot be checked.
	Unsigned bool

	values map[string]*tensors.Tensor // by path, those that no variable has yet
	params []savedParam
}

// ErrUnusable is the error of a checkpoint that is damaged, or of another run.
var ErrUnusable = errors.New("not used")

// unusable says which file and why.
type unusable struct {
	path, reason string
}

func (u *unusable) Error() string { return fmt.Sprintf("%s: %s", u.path, u.reason) }

func (u *unusable) Is(target error) bool { return target == ErrUnusable }

// readAt reads the checkpoint at path, without extension, into memory. The error is ErrUnusable when it is
// damaged, of another run, or of another model than the store's.
func readAt(path string, id recipe.Identity, store *model.Store) (c *Checkpoint, err error) {
	wrong := func(suffix, format string, args ...any) error {
		return &unusable{path: path + suffix, reason: fmt.Sprintf(format, args...)}
	}
	m, err := readManifest(path)
	if err != nil {
		return nil, err
	}
	if m != nil && m.Run != id.Sum {
		return nil, wrong("", "it is of another run (%s; want %s)", m.identity(), otherwise(m.identity(), id))
	}
	const largest = 64 << 20 // a description has 200 bytes a variable
	text, err := readAll(path+descriptionSuffix, largest)
	if err != nil {
		return nil, err
	}
	if m != nil && m.Description != (fileSum{int64(len(text)), sumOf(text)}) {
		return nil, wrong(descriptionSuffix, "it is damaged: want the bytes that were written, by its manifest")
	}
	data, size, err := regular.Open(path+dataSuffix, math.MaxInt64)
	if err != nil {
		return nil, unfit(err)
	}
	defer data.Close()
	if m != nil && size != m.Data.Bytes {
		return nil, wrong(dataSuffix, "it is damaged: it has %d bytes, want %d, by its manifest", size, m.Data.Bytes)
	}
	d, err := parseDescription(text, size)
	if err != nil {
		return nil, wrong(descriptionSuffix, "it is damaged: %v", err)
	}
	if err := d.suits(store); err != nil {
		return nil, wrong(descriptionSuffix, "%v", err)
	}
	c = &Checkpoint{Path: path, Unsigned: m == nil, params: d.Params}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
			c = nil
		}
	}()
	sum, err := c.read(data, d)
	if err != nil {
		return c, wrong(dataSuffix, "it cannot be read: %v", err)
	}
	if m != nil && sum != m.Data.SHA256 {
		return c, wrong(dataSuffix, "it is damaged: want the bytes that were written, by its manifest")
	}
	if m != nil && c.Step != m.Step {
		return c, wrong("", "it is damaged: it holds step %d, want %d, by its manifest", c.Step, m.Step)
	}
	return c, nil
}

// otherwise names the run that was wanted, by more than its name where both have the same.
func otherwise(got, want recipe.Identity) string {
	if got.Method == want.Method && got.Seed == want.Seed {
		return want.String() + ", of another recipe"
	}
	return want.String()
}

// read takes in the values and returns the checksum of their bytes.
func (c *Checkpoint) read(data io.Reader, d description) (sum string, err error) {
	hash := sha256.New()
	data = io.TeeReader(data, hash)
	c.values = map[string]*tensors.Tensor{}
	for _, v := range d.Variables {
		value := tensors.FromShape(v.shape())
		c.values[v.path()] = value
		if v.Length == 0 {
			continue
		}
		var readErr error
		err := value.MutableBytes(func(bytes []byte) { _, readErr = io.ReadFull(data, bytes) })
		if err := errors.Join(err, readErr); err != nil {
			return "", err
		}
	}
	if step := c.values[stepPath]; step != nil {
		c.Step = tensors.ToScalar[int64](step)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// stepPath is the path of the number of updates.
var stepPath = model.JoinPath(model.RootScopePath, optimizer.GlobalStepVariableName)

// Restore puts the state into a store: into the variables that are there, and into others when a graph asks for them.
func (c *Checkpoint) Restore(store *model.Store) error {
	for v := range store.IterVariables() {
		value, ok := c.values[v.Path()]
		if !ok {
			continue
		}
		if err := v.SetValue(value); err != nil {
			return fmt.Errorf("checkpoint: restoring %s: %w", c.Path, err)
		}
		delete(c.values, v.Path())
	}
	store.SetLoader(c)
	return nil
}

// LoadVariable implements model.Loader.
func (c *Checkpoint) LoadVariable(_ *model.Store, path string) (value *tensors.Tensor, found bool) {
	value, found = c.values[path]
	delete(c.values, path)
	return value, found
}

// DeleteVariable implements model.Loader.
func (c *Checkpoint) DeleteVariable(_ *model.Store, path string) error {
	value, found := c.LoadVariable(nil, path)
	if !found {
		return nil
	}
	return value.FinalizeAll()
}

// Text is a parameter of the store that was saved, "" without one.
func (c *Checkpoint) Text(path string) string {
	for _, p := range c.params {
		if text, ok := p.Value.(string); ok && model.JoinPath(p.Scope, p.Key) == path {
			return text
		}
	}
	return ""
}

// All are the values that no variable has taken yet, by path.
func (c *Checkpoint) All() iter.Seq2[string, *tensors.Tensor] { return maps.All(c.values) }

// UnsignedWarning says what is not known of a checkpoint without a manifest.
func (c *Checkpoint) UnsignedWarning() string {
	return fmt.Sprintf("%s: this checkpoint has no %s file, as those of earlier versions: whether it is undamaged and of "+
		"this run is not known", c.Path, manifestSuffix)
}

// Close frees the values that no variable has taken.
func (c *Checkpoint) Close() (err error) {
	for _, value := range c.values {
		err = errors.Join(err, value.FinalizeAll())
	}
	c.values = nil
	return err
}
