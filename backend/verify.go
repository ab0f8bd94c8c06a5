package backend

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/xsam-go/xsam/internal/download"
)

// verifiedSuffix names the file beside a plugin that says which state of it was found to be the published one.
const verifiedSuffix = ".verified"

// settled is the age above which a file's times identify its state.
var settled = 2 * time.Second

// verify checks that the plugin at path is the wheel's, by its SHA-256. Reading 200 MB takes up to a second, so the
// result is kept beside it, with the path, inode, size and times of the file, of which the kernel sets one by itself:
// while these are the same the file is not read. This finds damage, and files replaced by accident or by others.
// Whoever can write to the folder as the user can write both files.
func (w wheel) verify(path string) error {
	before, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !before.Mode().IsRegular() || before.Size() != w.pluginSize {
		return fmt.Errorf("%w: %s has %d bytes, want %d", download.ErrChecksum, path, before.Size(), w.pluginSize)
	}
	state := w.state(path, before)
	if kept, err := os.ReadFile(path + verifiedSuffix); err == nil && state != "" && string(kept) == state {
		return nil
	}
	if err := w.readThrough(path); err != nil {
		return err
	}
	after, err := os.Stat(path)
	if err != nil {
		return err
	}
	if state != "" && w.state(path, after) == state && time.Since(changed(after)) > settled {
		keep(path+verifiedSuffix, state)
	}
	return nil
}

// readThrough is verify that always reads the file. It deletes the kept result of a file that is not the wheel's.
func (w wheel) readThrough(path string) error {
	err := download.Digest{SHA256: w.pluginSHA256}.Check(path)
	if err != nil {
		os.Remove(path + verifiedSuffix)
	}
	return err
}

// state describes a file so that any change to it shows, "" where the system does not tell enough.
func (w wheel) state(path string, info fs.FileInfo) string {
	inode := inodeOf(info)
	if inode == "" {
		return ""
	}
	return strings.Join([]string{w.pluginSHA256, path, inode, fmt.Sprint(info.Size()),
		info.ModTime().UTC().Format(time.RFC3339Nano), changed(info).UTC().Format(time.RFC3339Nano)}, "\n") + "\n"
}

// keep writes a file in one piece. If that fails, the plugin is read again next time.
func keep(path, text string) {
	temporary := fmt.Sprintf("%s.%d.tmp", path, os.Getpid())
	err := os.WriteFile(temporary, []byte(text), 0o644)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		os.Remove(temporary)
	}
}

// verify checks a plugin whose checksum is known: the pinned one at its usual place.
func verify(plugin string) error {
	if !isPinned(plugin) {
		return nil
	}
	return pinnedCPU.verify(plugin)
}
