//go:build unix

package runlog

import (
	"errors"
	"syscall"
)

// running tells whether there is a process with this number.
func running(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
