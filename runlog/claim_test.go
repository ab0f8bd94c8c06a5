package runlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// mustClaim claims dir until the test ends.
func mustClaim(t *testing.T, dir string) *Claim {
	t.Helper()
	c, err := ClaimRun(dir, ClaimFile)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Release(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// leave writes a claim that gave its last sign of life some time ago.
func leave(t *testing.T, dir string, o Owner, silent time.Duration) {
	t.Helper()
	text, err := json.Marshal(o)
	path := filepath.Join(dir, ClaimFile)
	if err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if at := time.Now().Add(-silent); err == nil {
		err = os.Chtimes(path, at, at)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestOneClaimAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "sam-seed0")
	c := mustClaim(t, dir)
	for _, again := range []func() error{
		func() error { _, err := ClaimRun(dir, ClaimFile); return err },
		func() error { return Claimed(dir, ClaimFile) },
	} {
		err := again()
		if want := fmt.Sprintf("process %d on ", os.Getpid()); !errors.Is(err, ErrClaimed) ||
			!strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want ErrClaimed in one line that names %s and %q", err, dir, want)
		}
	}
	if other, err := ClaimRun(dir, MeasuringClaimFile); err != nil {
		t.Errorf("measuring beside training: %v, want both", err)
	} else if err := other.Release(); err != nil {
		t.Error(err)
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	if err := errors.Join(c.Release(), c.Release(), Claimed(dir, ClaimFile)); err != nil {
		t.Errorf("given up: %v, want no error and no claim", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a directory that was made for the claim alone is left")
	}
	mustClaim(t, dir)
}

// Who holds a claim, and when it is taken over.
func TestClaimsOfOthers(t *testing.T) {
	me, err := thisProcess()
	if err != nil {
		t.Fatal(err)
	}
	owner := func(change func(*Owner)) Owner {
		o := me
		o.Token = "other"
		change(&o)
		return o
	}
	elsewhere := func(o *Owner) { o.Host, o.Place, o.Pid = "node17", "another boot", 4711 }
	tests := []struct {
		name   string
		owner  Owner
		silent time.Duration
		want   string // part of the refusal, "" when it is taken over
	}{
		{"another machine, with signs of life", owner(elsewhere), time.Minute, "process 4711 on node17"},
		{"another machine, without", owner(elsewhere), StaleAfter + time.Second, ""},
		{"this machine, a process that has ended", owner(func(o *Owner) { o.Pid = endedPid(t) }), 0, ""},
		{"this machine, a process that runs, asleep for long", owner(func(*Owner) {}), time.Hour, "stop it"},
	}
	if me.Birth != "" {
		tests = append(tests, tests[2])
		tests[4].name, tests[4].owner = "this machine, the number is another process's now",
			owner(func(o *Owner) { o.Birth = "1" })
	}
	if me.Place == "" {
		tests = tests[:2]
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			leave(t, dir, tt.owner, tt.silent)
			if tt.want == "" { // its process was killed while it took over from another
				if err := os.Link(filepath.Join(dir, ClaimFile), filepath.Join(dir, ClaimFile+".takeover")); err != nil {
					t.Fatal(err)
				}
			}
			c, err := ClaimRun(dir, ClaimFile)
			if tt.want != "" {
				if !errors.Is(err, ErrClaimed) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want ErrClaimed with %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(c.Check(), c.Release()); err != nil {
				t.Error(err)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
	t.Run("one that cannot be read", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, ClaimFile)
		if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ClaimRun(dir, ClaimFile); !errors.Is(err, ErrClaimed) || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("error %v, want ErrClaimed and what to do", err)
		}
		long := time.Now().Add(-2 * StaleAfter)
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
		mustClaim(t, dir)
	})
}

// endedPid is the number of a process that has ended.
func endedPid(t *testing.T) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// Of many that find a stale claim at once one takes it over, and who had it notices.
func TestTakingOverAtOnce(t *testing.T) {
	dir := t.TempDir()
	old := mustClaim(t, dir)
	for range 20 {
		leave(t, dir, Owner{Host: "node17", Place: "another boot", Token: "other"}, time.Hour)
		var wg sync.WaitGroup
		var won atomic.Int32
		claims := make([]*Claim, 8)
		for i := range claims {
			wg.Go(func() {
				c, err := ClaimRun(dir, ClaimFile)
				if err == nil {
					won.Add(1)
					claims[i] = c
				} else if !errors.Is(err, ErrClaimed) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d of 8 have taken it over, want 1", won.Load())
		}
		for _, c := range claims {
			if c == nil {
				continue
			}
			if err := old.Check(); !errors.Is(err, ErrClaimed) {
				t.Errorf("the owner before: %v, want ErrClaimed", err)
			}
			if err := errors.Join(c.Check(), c.Release()); err != nil {
				t.Error(err)
			}
		}
	}
	if err := old.Release(); err != nil {
		t.Error(err)
	}
}

// A sign of life makes a claim young and changes nothing else.
func TestSignOfLife(t *testing.T) {
	dir := t.TempDir()
	c := mustClaim(t, dir)
	before, err := os.ReadFile(c.path)
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(c.path, long, long); err != nil {
		t.Fatal(err)
	}
	c.signOfLife()
	info, err := os.Stat(c.path)
	if err != nil || time.Since(info.ModTime()) > time.Minute {
		t.Errorf("the last sign of life is of %v (%v), want now", info.ModTime(), err)
	}
	if after, err := os.ReadFile(c.path); err != nil || string(after) != string(before) {
		t.Errorf("the claim says %q (%v), want %q", after, err, before)
	}
}
