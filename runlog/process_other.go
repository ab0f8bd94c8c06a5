//go:build !linux

package runlog

import (
	"os"
	"runtime"
)

// place is this machine, "" where another process cannot be asked for.
func place() string {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		return ""
	}
	host, err := os.Hostname()
	if err != nil {
		return ""
	}
	return host
}

// birth is not known.
func birth(int) string { return "" }
