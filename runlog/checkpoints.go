package runlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Snapshot is the folder of the checkpoint that was kept after an epoch.
func Snapshot(dir string, epoch int) string {
	return filepath.Join(dir, SnapshotDir, fmt.Sprintf("epoch-%04d", epoch))
}

// Snapshots are the epochs after which a run kept a checkpoint, in order.
func Snapshots(dir string) (epochs []int, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, SnapshotDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("runlog: %w", err)
	}
	for _, e := range entries {
		text, ok := strings.CutPrefix(e.Name(), "epoch-")
		if epoch, err := strconv.Atoi(text); ok && err == nil && e.IsDir() { // others are unfinished
			epochs = append(epochs, epoch)
		}
	}
	slices.Sort(epochs)
	return epochs, nil
}

// Checkpoints is the folder of a run's checkpoints.
func Checkpoints(dir string) string { return filepath.Join(dir, CheckpointDir) }

// Last names the checkpoint that a run goes on from.
const Last = "last"

// Epoch names the checkpoint that was kept after an epoch: "epoch:5".
func Epoch(epoch int) string { return fmt.Sprintf("epoch:%d", epoch) }

// Checkpoint is the folder of the checkpoint of a run that which names, Last or one that was kept after an epoch. also
// are other names that the caller takes, for the error.
func Checkpoint(dir, which string, also ...string) (folder string, err error) {
	if which == Last {
		return Checkpoints(dir), nil
	}
	text, isEpoch := strings.CutPrefix(which, "epoch:")
	epoch, err := strconv.Atoi(text)
	if !isEpoch || err != nil || epoch < 0 {
		return "", fmt.Errorf("runlog: checkpoint %q: want %s, or epoch:N with a number N", which,
			strings.Join(append([]string{Last}, also...), ", "))
	}
	kept, err := Snapshots(dir)
	if err != nil {
		return "", err
	}
	if slices.Contains(kept, epoch) {
		return Snapshot(dir, epoch), nil
	}
	names := []string{"none: --keep-every of train and compare keeps them"}
	if len(kept) > 0 {
		names = nil
		for _, k := range kept {
			names = append(names, Epoch(k))
		}
	}
	return "", fmt.Errorf("runlog: %s has no snapshot of epoch %d: want one of those that were kept (%s), or %s", dir,
		epoch, strings.Join(names, ", "), Last)
}
