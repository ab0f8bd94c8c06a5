package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// page is the unit in which a tmpfs gives memory, in bytes.
const page = 4096

// small mounts a file system of so many pages that is gone when the test ends.
func small(t *testing.T, pages int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, fmt.Sprintf("size=%d", pages*page)); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A run on a disk that is full, at whichever of its writes, ends with one line that says so and where; when there is
// room again it goes on, and has the same bits.
func TestDiskFullAtEveryWrite(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs")
	}
	cases := faultCases()
	c := cases[slices.IndexFunc(cases, func(c faultCase) bool { return c.name == "TensorBoard" })]
	whole := c.whole(t)
	const pages = 4096
	disk := small(t, pages)
	filler := filepath.Join(disk, "filler")
	every, runs, failed := 97, 0, 0
	if long() {
		every = 3
	}
	for room := 0; ; room += every {
		if err := os.WriteFile(filler, make([]byte, (pages-2-room)*page), 0o644); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(disk, "run")
		_, err := c.make(t, dir, nil)
		runs++
		full := err != nil
		if full {
			failed++
			if text := err.Error(); !strings.Contains(text, "no space left") || !strings.Contains(text, dir) ||
				strings.Contains(text, "\n") {
				t.Errorf("%d pages of room: %q, want one line that says what is full, and where", room, text)
			}
			if run, err := runlog.ReadRun(dir); err == nil && run.Summary.Finished {
				t.Errorf("%d pages of room: the run counts as finished: %+v", room, run.Summary)
			}
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if _, err := c.make(t, dir, nil); err != nil {
			t.Errorf("%d pages of room: with more room: %v", room, err)
		}
		c.same(t, "after a full disk", dir, whole)
		if err := os.RemoveAll(dir); err != nil || t.Failed() {
			t.Fatal(err)
		}
		if !full {
			break
		}
	}
	if t.Logf("%d of %d runs found the disk full", failed, runs); failed < 3 {
		t.Error("want more that did")
	}
}

// A folder that cannot be written to, or is taken away while the run goes on, costs one line that names it.
func TestFoldersThatCannotBeWritten(t *testing.T) {
	c := faultCase{name: "sgd", method: "sgd"}
	t.Run("read-only", func(t *testing.T) {
		disk := small(t, 16)
		if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Skip(err)
		}
		_, err := c.make(t, filepath.Join(disk, "run"), nil)
		oneLine(t, err, "read-only file system", disk)
	})
	for _, at := range []int{1, 5, 12} {
		t.Run("vanished", func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			_, err := c.make(t, dir, func(o *Options) {
				o.Progress = func(p Progress) {
					if p.Stage == Training && p.Step == at {
						if err := os.RemoveAll(dir); err != nil {
							t.Error(err)
						}
					}
				}
			})
			oneLine(t, err, "was removed", dir)
			if _, err := os.Stat(filepath.Join(dir, runlog.SummaryFile)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a summary was written: %v", err)
			}
		})
	}
	t.Run("no permission", func(t *testing.T) {
		dir, program := t.TempDir(), os.Args[0]
		cmd := exec.Command(program, "-test.run=^TestRunToBeKilled$")
		if os.Getuid() == 0 { // who may do all: as nobody, who has to be able to read the program
			text, err := os.ReadFile(program)
			program = filepath.Join(t.TempDir(), "program")
			open := os.Chmod(filepath.Dir(filepath.Dir(program)), 0o755)
			if err = errors.Join(err, open, os.WriteFile(program, text, 0o755)); err != nil {
				t.Fatal(err)
			}
			cmd = exec.Command(program, "-test.run=^TestRunToBeKilled$")
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		cmd.Dir = "/"
		cmd.Env = append(os.Environ(), killDirVariable+"="+filepath.Join(dir, "run"), killCaseVariable+"="+c.name)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err == nil || !strings.Contains(out.String(), "permission denied") ||
			!strings.Contains(out.String(), dir) {
			t.Errorf("%v: %s, want an error that says why and where", err, out.String())
		}
	})
}

// oneLine reports an error that does not say something in one line.
func oneLine(t *testing.T, err error, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line that says %q", err, want)
		}
	}
}
