package experiment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// node is a file or a folder: as it is, and as it would be found when the machine lost its power.
type node struct {
	names, synced map[string]*node // of a folder; nil for a file
	data, durable []byte           // of a file
}

func newFolder() *node { return &node{names: map[string]*node{}, synced: map[string]*node{}} }

// disk is what a process has written under a folder, operation by operation.
type disk struct {
	base string
	root *node
	open map[int]*node // by number of the file descriptor
	at   map[int]int   // where it writes next
}

// power is what a machine without power leaves behind.
type power int

const (
	kept   power = iota // all: the process was killed, and the machine goes on
	named               // names as they were, and of the contents what was brought to disk
	synced              // names and contents that were brought to disk
)

func (p power) String() string { return []string{"kept", "named", "synced"}[p] }

// find is the folder in which a path is, and its name there; nil for a path outside.
func (d *disk) find(path string) (folder *node, name string) {
	rest, ok := strings.CutPrefix(path, d.base+"/")
	if !ok {
		return nil, ""
	}
	folder = d.root
	parts := strings.Split(rest, "/")
	for _, part := range parts[:len(parts)-1] {
		if folder = folder.names[part]; folder == nil {
			return nil, ""
		}
	}
	return folder, parts[len(parts)-1]
}

// leave writes into a folder what is left.
func (n *node) leave(t *testing.T, into string, p power) {
	t.Helper()
	names := n.names
	if p == synced {
		names = n.synced
	}
	for name, child := range names {
		path := filepath.Join(into, name)
		var err error
		switch {
		case child.names != nil:
			if err = os.MkdirAll(path, 0o755); err == nil {
				child.leave(t, path, p)
			}
		case p == kept:
			err = os.WriteFile(path, child.data, 0o644)
		default:
			err = os.WriteFile(path, child.durable, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (d *disk) openFile(path, flags string, fd int) {
	delete(d.open, fd)
	folder, name := d.find(path)
	if path == d.base {
		d.open[fd] = d.root
		return
	}
	if folder == nil {
		return
	}
	n := folder.names[name]
	if n == nil && strings.Contains(flags, "O_CREAT") {
		n = &node{}
		folder.names[name] = n
	}
	if n == nil {
		return
	}
	if strings.Contains(flags, "O_TRUNC") {
		n.data = nil
	}
	d.open[fd], d.at[fd] = n, 0
	if strings.Contains(flags, "O_APPEND") {
		d.at[fd] = len(n.data)
	}
}

// put writes into a file. What was brought to disk of it stays there.
func (n *node) put(at int, text string) {
	if missing := at + len(text) - len(n.data); missing > 0 {
		n.data = append(n.data[:len(n.data):len(n.data)], make([]byte, missing)...)
	} else {
		n.data = append([]byte{}, n.data...)
	}
	copy(n.data[at:], text)
}

func (n *node) sync() {
	if n == nil {
		return
	}
	n.durable = n.data
	if n.names != nil {
		n.synced = map[string]*node{}
		for name, child := range n.names {
			n.synced[name] = child
		}
	}
}
