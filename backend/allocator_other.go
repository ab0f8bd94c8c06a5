//go:build !linux

package backend

import "os"

// KeepMemory does nothing: the settings are those of glibc, on Linux.
func KeepMemory() {}

// EnvironOfOthers returns the environment.
func EnvironOfOthers() []string { return os.Environ() }
