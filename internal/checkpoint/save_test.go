package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// A run deletes what it wrote itself, and nothing else.
func TestSaverDeletesItsOwnAlone(t *testing.T) {
	saver, paths := written(t, 1)
	if err := os.Remove(paths[0] + manifestSuffix); err != nil { // as an earlier version leaves it
		t.Fatal(err)
	}
	other := saver
	other.Run.Sum = strings.Repeat("b", 64)
	foreign, err := other.Save(newStore(2), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := saver.Save(newStore(3), nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{paths[0], foreign} {
		if _, err := os.Stat(path + dataSuffix); err != nil {
			t.Errorf("a checkpoint of others is gone: %v", err)
		}
	}
	if all, err := list(saver.Folder); err != nil || len(all) != 4 {
		t.Errorf("checkpoints %v (%v), want the two of others and the newest two", all, err)
	}
}

// A crash at any point of a save leaves the checkpoint before, and the next save works.
func TestCrashWhileSaving(t *testing.T) {
	saver, paths := written(t, 1, 9)
	base := filepath.Join(saver.Folder, unfinished)
	moves := []string{manifestSuffix, dataSuffix, descriptionSuffix}
	for done := range len(moves) { // so many files had their name when it came
		for i, suffix := range moves {
			from, to := paths[1]+suffix, base+suffix
			if i < done {
				continue
			}
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
		}
		if first, refused := newest(t, saver.Folder, newStore(0)); first != 1 || len(refused) != min(done, 1) {
			t.Errorf("%d renamed: first weight %v, refused %v, want 1", done, first, refused)
		}
		for _, suffix := range moves[done:] {
			if err := os.Rename(base+suffix, paths[1]+suffix); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(base+dataSuffix, make([]byte, 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := saver.Save(newStore(4), nil); err != nil {
		t.Fatal(err)
	}
	if first, refused := newest(t, saver.Folder, newStore(0)); first != 4 || len(refused) > 0 {
		t.Errorf("after the next save: first weight %v, refused %v, want 4", first, refused)
	}
}

// A folder that cannot be written to, and a disk that is full, are errors that name it, and leave the one before.
func TestSaveFails(t *testing.T) {
	saver, _ := written(t, 1)
	if err := os.Symlink("/dev/full", filepath.Join(saver.Folder, unfinished+dataSuffix)); err != nil {
		t.Skipf("this system has no links, or no /dev/full: %v", err)
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skipf("this system has no links, or no /dev/full: %v", err)
	}
	_, err := saver.Save(newStore(2), nil)
	if err == nil || !strings.Contains(err.Error(), "no space left") || !strings.Contains(err.Error(), saver.Folder) {
		t.Errorf("error %v, want one that says why and where", err)
	}
	if first, _ := newest(t, saver.Folder, newStore(0)); first != 1 {
		t.Errorf("first weight %v, want that of the checkpoint before", first)
	}
}

// A reader is not disturbed by the run that goes on.
func TestReadingWhileOthersAreSaved(t *testing.T) {
	saver, _ := written(t, 1, 1)
	done := make(chan error, 1)
	go func() {
		for i := range 200 {
			if _, err := saver.Save(newStore(float32(i)), nil); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
		if c, refused, err := Newest(saver.Folder, thisRun, model.NewStore()); err != nil || c == nil ||
			len(refused) > 0 {
			t.Fatalf("checkpoint %v, refused %v, error %v, want one", c, refused, err)
		}
	}
}

func TestKeepSnapshot(t *testing.T) {
	saver, paths := written(t, 1)
	folder := filepath.Join(t.TempDir(), "epoch-0002")
	step := optimizer.GetGlobalStep(newStore(1))
	keep := func(path string) {
		t.Helper()
		if err := KeepSnapshot(path, folder, thisRun, step); err != nil {
			t.Fatal(err)
		}
	}
	keep(paths[0])
	later, err := saver.Save(newStore(2), nil)
	if err != nil {
		t.Fatal(err)
	}
	keep(later) // the same step of the same run
	if first, _ := newest(t, folder, newStore(0)); first != 1 {
		t.Errorf("first weight %v, want that of the snapshot that was there", first)
	}
	data, err := filepath.Glob(filepath.Join(folder, "*"+dataSuffix))
	if err != nil || len(data) != 1 {
		t.Fatal(data, err)
	}
	if err := errors.Join(os.Remove(data[0]), os.WriteFile(data[0], []byte("damaged"), 0o644)); err != nil {
		t.Fatal(err)
	}
	keep(later)
	if first, refused := newest(t, folder, newStore(0)); first != 2 || len(refused) > 0 {
		t.Errorf("first weight %v, refused %v, want the new one in place of the damaged", first, refused)
	}
	if _, err := os.Stat(folder + ".damaged"); err != nil {
		t.Errorf("the damaged one is not kept: %v", err)
	}
}
