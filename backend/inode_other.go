//go:build !linux

package backend

import (
	"io/fs"
	"time"
)

// inodeOf is not known: no pinned plugin is built for these systems.
func inodeOf(fs.FileInfo) string { return "" }

// changed is when the content changed.
func changed(info fs.FileInfo) time.Time { return info.ModTime() }
