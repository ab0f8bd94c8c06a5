//go:build !unix

package runlog

// running is not asked here: see place.
func running(int) bool { return true }
