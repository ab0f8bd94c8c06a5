//go:build !linux

package keepmemory

import "os"

// Restart does nothing: the settings are those of glibc, on Linux.
func Restart() {}

// EnvironOfOthers returns the environment.
func EnvironOfOthers() []string { return os.Environ() }
