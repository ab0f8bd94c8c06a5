//go:build !linux

package backend

// KeepMemory does nothing: the settings are those of glibc, on Linux.
func KeepMemory() {}
