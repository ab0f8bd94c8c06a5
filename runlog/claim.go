package runlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The claims on a run directory: one process at a time trains there, and one at a time measures there.
const (
	ClaimFile          = "claim"
	MeasuringClaimFile = "claim-measuring"
)

// How claims age. The owner gives a sign of life, the time of the file's last change, every HeartbeatEvery. One without
// any for StaleAfter is taken over; at once where it is seen that the owner's process has ended.
const (
	HeartbeatEvery = 10 * time.Second
	StaleAfter     = 2 * time.Minute
)

// ErrClaimed is the error of a run directory that another process writes to.
var ErrClaimed = errors.New("another process writes to this run")

// Claim is the right to write to a run directory. It is a file of which there is one: made under another name and
// linked to its own, which fails where there is one, also on file systems that are shared between machines.
type Claim struct {
	path    string
	file    *os.File // open, so that it is known when another has taken its place
	owner   Owner
	made    bool // the directory was made for it
	release sync.Once
	ended   chan struct{} // closed on release
	beating sync.WaitGroup
}

// ClaimRun claims a run directory, which it creates if need be, for training: name is ClaimFile, or MeasuringClaimFile
// for measuring. The error wraps ErrClaimed, and says by whom, when another process holds it.
func ClaimRun(dir, name string) (*Claim, error) {
	_, err := os.Stat(dir)
	c := &Claim{path: filepath.Join(dir, name), made: errors.Is(err, fs.ErrNotExist), ended: make(chan struct{})}
	if err := MakeDir(dir); err != nil {
		return nil, err
	}
	if c.owner, err = thisProcess(); err != nil {
		return nil, fmt.Errorf("runlog: claiming %s: %w", dir, err)
	}
	if err := c.take(); err != nil {
		if c.file != nil {
			err = errors.Join(err, c.file.Close())
		}
		return nil, err
	}
	c.tidy()
	c.beating.Add(1)
	go c.beat()
	return c, nil
}

// tidy removes what processes left behind that ended while they claimed.
func (c *Claim) tidy() {
	left, err := filepath.Glob(c.path + ".*.tmp")
	if err != nil {
		return // its name cannot be searched for
	}
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && age(info, c.path) > StaleAfter {
			os.Remove(path)
		}
	}
}

// take makes the file.
func (c *Claim) take() (err error) {
	temporary := c.path + "." + c.owner.Token + ".tmp"
	defer os.Remove(temporary)
	text, err := json.Marshal(c.owner)
	if err == nil {
		c.file, err = os.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644)
	}
	if err == nil {
		_, err = c.file.Write(append(text, '\n'))
	}
	if err == nil {
		err = c.file.Sync()
	}
	if err == nil {
		if err = create(c.path, temporary); errors.Is(err, fs.ErrExist) {
			return c.takeOver(temporary)
		}
	}
	if err == nil {
		err = os.Rename(temporary, c.path) // of another file only where there are no links
	}
	if err != nil {
		return fmt.Errorf("runlog: claiming %s: %w", filepath.Dir(c.path), err)
	}
	return SyncDir(filepath.Dir(c.path))
}

// takeoverSuffix makes the second name of a claim.
const takeoverSuffix = ".takeover"

// takeOver puts the file at temporary in the place of a claim whose owner is gone. One process at a time does so: the
// one that holds the second name, under which nobody can have come before it since it looked.
func (c *Claim) takeOver(temporary string) error {
	if err := held(c.path, temporary); err != nil {
		return err
	}
	second := c.path + takeoverSuffix
	clearAway(second, temporary)
	if err := create(second, temporary); err != nil {
		return fmt.Errorf("runlog: %s: %w: one that is taking it over just now: try again", filepath.Dir(c.path), ErrClaimed)
	}
	err := held(c.path, temporary)
	if err == nil {
		if err = os.Rename(temporary, c.path); err != nil {
			err = fmt.Errorf("runlog: taking over the claim on %s: %w", filepath.Dir(c.path), err)
		}
	}
	os.Remove(temporary) // before the second name: whoever has moved that one knows by it whether to give it back
	os.Remove(second)    // before the disk is waited for: who is killed meanwhile would keep the next from taking over
	if err != nil {
		return err
	}
	return SyncDir(filepath.Dir(c.path))
}

// clearAway removes the second name of a process that ended before it could: by moving it first, for another one may
// have done so meanwhile and have the name now. To that one it is given back, unless it has done what it wanted it for.
func clearAway(second, temporary string) {
	stale, err := os.Stat(second)
	old := strings.TrimSuffix(temporary, ".tmp") + ".old.tmp"
	if err != nil || held(second, temporary) != nil || os.Rename(second, old) != nil {
		return
	}
	defer os.Remove(old)
	if moved, err := os.Stat(old); err != nil || os.SameFile(stale, moved) {
		return
	}
	var other Owner
	text, err := readFile(os.DirFS(filepath.Dir(old)), filepath.Base(old))
	if err != nil || json.Unmarshal(text, &other) != nil || os.Link(old, second) != nil {
		return
	}
	claim := strings.TrimSuffix(second, takeoverSuffix)
	if _, err := os.Stat(claim + "." + other.Token + ".tmp"); errors.Is(err, fs.ErrNotExist) {
		os.Remove(second)
	}
}

// create makes a name that must not be there: for the file that has another name already or, where the file system
// knows no second names, for an empty one.
func create(name, file string) error {
	err := os.Link(file, name)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	empty, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return empty.Close()
}

// beat gives signs of life until the claim is released.
func (c *Claim) beat() {
	defer c.beating.Done()
	tick := time.NewTicker(HeartbeatEvery)
	defer tick.Stop()
	for {
		select {
		case <-c.ended:
			return
		case <-tick.C:
			c.signOfLife()
		}
	}
}

// signOfLife writes what is there already, so that the time is that of the file system's clock. One that is missed is
// followed by the next.
func (c *Claim) signOfLife() {
	if _, err := c.file.WriteAt([]byte{'{'}, 0); err == nil {
		_ = c.file.Sync()
	}
}

// Check returns an error when the claim is not held any more: the process stood still, or saw nothing of the file
// system, for so long that another one took over. Nothing may be written then.
func (c *Claim) Check() error {
	mine, err := c.file.Stat()
	if err != nil {
		return fmt.Errorf("runlog: %w", err)
	}
	there, err := os.Stat(c.path)
	if err == nil && os.SameFile(mine, there) {
		return nil
	}
	return fmt.Errorf("runlog: %s: %w: it has taken over from this one, which gave no sign of life for %v, or its %s was "+
		"removed: this process writes no more", filepath.Dir(c.path), ErrClaimed, StaleAfter, filepath.Base(c.path))
}

// Release gives the claim up, and removes a directory that was made for it and is still empty. It may be called more
// than once.
func (c *Claim) Release() (err error) {
	c.release.Do(func() {
		close(c.ended)
		c.beating.Wait()
		if c.Check() == nil {
			err = os.Remove(c.path)
		}
		err = errors.Join(err, c.file.Close())
		if c.made {
			os.Remove(filepath.Dir(c.path)) // fails when it is not empty
		}
	})
	if err != nil {
		return fmt.Errorf("runlog: giving up the claim on %s: %w", filepath.Dir(c.path), err)
	}
	return nil
}
