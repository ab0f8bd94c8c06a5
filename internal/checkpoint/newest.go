package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Refused is a checkpoint that was passed over.
type Refused struct {
	Path string // of its files, without extension
	Err  error  // wraps ErrUnusable and names the file
}

// Newest reads the newest checkpoint of a folder that is whole, of the run and of the model of the store. It
// returns those that it passed over too, and nil when there is none left. Nothing in the folder is changed, and the run
// that writes there may go on meanwhile. An error is one of the file system.
func Newest(folder string, id recipe.Identity, store *model.Store) (c *Checkpoint, refused []Refused,
	err error) {
	return NewestOf(folder, id, store, nil)
}

// NewestOf is Newest among those of certain steps; nil for all. One without a manifest is of none.
func NewestOf(folder string, id recipe.Identity, store *model.Store, of func(step int64) bool) (
	c *Checkpoint, refused []Refused, err error) {
	for range tries {
		if c, refused, err = newestListed(folder, id, store, of); !errors.Is(err, fs.ErrNotExist) {
			return c, refused, err
		} // it was deleted after it had been listed: there is a newer one
	}
	return nil, refused, err
}

// tries are made where files come and go, with a pause in which a checkpoint is replaced.
const (
	tries = 5
	pause = 20 * time.Millisecond
)

// newestListed is Newest of one listing.
func newestListed(folder string, id recipe.Identity, store *model.Store, of func(step int64) bool) (*Checkpoint,
	[]Refused, error) {
	listed, err := settled(folder)
	if err != nil {
		return nil, nil, err
	}
	var refused []Refused
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(listed))) { // by number, then time
		path := filepath.Join(folder, name)
		if of != nil {
			if m, err := readManifest(path); err != nil || m == nil || !of(m.Step) {
				continue
			}
		}
		var c *Checkpoint
		err := error(&unusable{path, "it lacks one of its files: it was cut off while it was written, or lost it"})
		if listed[name].complete() {
			c, err = readAt(path, id, store)
		}
		switch {
		case err == nil:
			return c, refused, nil
		case errors.Is(err, ErrUnusable):
			refused = append(refused, Refused{path, err})
		default:
			return nil, refused, fmt.Errorf("checkpoint: reading: %w", err)
		}
	}
	return nil, refused, nil
}

// suffixes are those of the files that a checkpoint has.
type suffixes []string

func (s suffixes) complete() bool {
	return slices.Contains(s, descriptionSuffix) && slices.Contains(s, dataSuffix)
}

// settled is list at a moment when none is being replaced, if there is one.
func settled(folder string) (listed map[string]suffixes, err error) {
	for range tries {
		if listed, err = list(folder); err != nil {
			return nil, err
		}
		whole := true
		for _, s := range listed {
			whole = whole && s.complete()
		}
		if whole {
			break
		}
		time.Sleep(pause)
	}
	return listed, nil
}

// namePattern is how the names of checkpoints begin; the number grows.
var namePattern = regexp.MustCompile(`^checkpoint-n(\d+)-`)

// list returns the names, without extension, of which a folder has any file, and which it has.
func list(folder string) (listed map[string]suffixes, err error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	listed = map[string]suffixes{}
	for _, e := range entries {
		extension := filepath.Ext(e.Name())
		if slices.Contains(allSuffixes, extension) && namePattern.MatchString(e.Name()) {
			name := strings.TrimSuffix(e.Name(), extension)
			listed[name] = append(listed[name], extension)
		}
	}
	return listed, nil
}

// MoveAside gives the files of a checkpoint names under which it is no longer found: they are kept but not used.
func (r Refused) MoveAside() error {
	for _, suffix := range allSuffixes {
		from := r.Path + suffix
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.Rename(from, Aside(from)); err != nil {
			return fmt.Errorf("checkpoint: one that cannot be used cannot be moved aside: %w", err)
		}
	}
	return runlog.SyncDir(filepath.Dir(r.Path))
}

// Aside is a free name for what is kept but not used: path.damaged, or with a number where that is taken.
func Aside(path string) string {
	aside := path + ".damaged"
	for i := 2; ; i++ {
		if _, err := os.Lstat(aside); err != nil {
			return aside
		}
		aside = fmt.Sprintf("%s.damaged%d", path, i)
	}
}
