package runlog

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Owner is what a claim file says.
type Owner struct {
	Host    string    `json:"host"`
	Pid     int       `json:"pid"`
	Started time.Time `json:"started"`
	// Token is random, another one for every claim.
	Token string `json:"token"`
	// Place says where Pid counts: a boot of a machine, and the namespace in it. Birth is when the process began there.
	// Both are "" where the system does not tell.
	Place string `json:"place,omitempty"`
	Birth string `json:"birth,omitempty"`
}

// thisProcess describes the caller.
func thisProcess() (Owner, error) {
	host, err := os.Hostname()
	if err != nil {
		return Owner{}, err
	}
	pid := os.Getpid()
	return Owner{Host: host, Pid: pid, Started: time.Now().UTC().Truncate(time.Second), Token: rand.Text(), Place: place(),
		Birth: birth(pid)}, nil
}

// Claimed returns the error of ClaimRun where a process holds the claim, and changes nothing.
func Claimed(dir, name string) error {
	path := filepath.Join(dir, name)
	if _, err := os.Lstat(path); err != nil {
		return nil
	}
	return held(path, "")
}

// held returns an error that says who holds the claim at path, nil when its owner is gone. now is a file that was made
// a moment ago, so that its time is that of the file system's clock; "" goes by the clock of this machine.
func held(path, now string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("runlog: %w", err)
	}
	silent := age(info, now)
	var o Owner
	text, err := readFile(os.DirFS(filepath.Dir(path)), filepath.Base(path))
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	dir, wait := filepath.Dir(path), (StaleAfter - silent).Round(time.Second)
	// Where its process can be seen it holds the claim as long as it runs: a machine that sleeps gives no signs of life.
	here := o.Place != "" && o.Place == place()
	switch {
	case here && !o.runs(), !here && silent > StaleAfter:
		return nil
	case err != nil: // it is made in one piece: something else, or damaged
		return fmt.Errorf("runlog: %s: %w: its %s cannot be read (%w): wait %v, or remove it when nothing runs there", dir,
			ErrClaimed, filepath.Base(path), err, wait)
	}
	after := "stop it"
	if !here {
		after = fmt.Sprintf("in %v, without one, start again", wait)
	}
	return fmt.Errorf("runlog: %s: %w: process %d on %s since %s, with a sign of life %v ago: wait for it, %s, or choose "+
		"another directory", dir, ErrClaimed, o.Pid, o.Host, o.Started.Local().Format("2006-01-02 15:04:05"),
		max(0, silent).Round(time.Second), after)
}

// age is the time since a file was changed.
func age(info fs.FileInfo, now string) time.Duration {
	if fresh, err := os.Stat(now); err == nil {
		return fresh.ModTime().Sub(info.ModTime())
	}
	return time.Since(info.ModTime())
}

// runs tells whether the process of an owner at this place still runs; another one may have its number now.
func (o Owner) runs() bool { return running(o.Pid) && birth(o.Pid) == o.Birth }
