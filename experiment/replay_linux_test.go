package experiment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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

// operation is one system call that changed something.
type operation struct {
	name string
	args []string
	does func(d *disk)
}

func (o operation) String() string { return o.name + " " + strings.Join(o.args, " ") }

var (
	callLine    = regexp.MustCompile(`^(\d+) +(\w+)\((.*)\) += (\d+)`)
	cutLine     = regexp.MustCompile(`^(\d+) +(.*) <unfinished \.\.\.>$`)
	resumedLine = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
)

// traced reads what strace has written of the calls in calls.
func traced(t *testing.T, log string) (all []operation) {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	begun := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if m := cutLine.FindStringSubmatch(line); m != nil {
			begun[m[1]] = m[2]
			continue
		}
		if m := resumedLine.FindStringSubmatch(line); m != nil {
			line = m[1] + " " + begun[m[1]] + m[2]
		}
		m := callLine.FindStringSubmatch(line)
		if m == nil {
			continue // it failed, or is a signal
		}
		result, _ := strconv.Atoi(m[4])
		o, err := newOperation(m[2], strings.Split(m[3], ", "), result)
		if err != nil {
			t.Fatalf("%.300s: %v", line, err)
		}
		all = append(all, o)
	}
	return all
}

// newOperation is a call with its arguments as strace writes them: all texts in hexadecimal digits.
func newOperation(name string, args []string, result int) (o operation, err error) {
	var texts, numbers []string
	for _, a := range args {
		if strings.HasPrefix(a, `"`) {
			text, unquoteErr := strconv.Unquote(a)
			err = errors.Join(err, unquoteErr)
			texts = append(texts, text)
		} else {
			numbers = append(numbers, a)
		}
	}
	o = operation{name: name, args: append([]string{}, texts...)}
	fd := 0
	if len(texts) == 0 || name == "write" || name == "pwrite64" {
		fd, _ = strconv.Atoi(numbers[0])
	}
	switch name {
	case "openat":
		flags := numbers[1]
		o.does = func(d *disk) { d.openFile(texts[0], flags, result) }
	case "write":
		o.args = numbers[:1]
		o.does = func(d *disk) {
			if n := d.open[fd]; n != nil {
				n.put(d.at[fd], texts[0][:result])
				d.at[fd] += result
			}
		}
	case "pwrite64":
		offset, _ := strconv.Atoi(numbers[len(numbers)-1])
		o.args = numbers
		o.does = func(d *disk) {
			if n := d.open[fd]; n != nil {
				n.put(offset, texts[0][:result])
			}
		}
	case "fsync", "fdatasync":
		o.args = numbers
		o.does = func(d *disk) { d.open[fd].sync() }
	case "close":
		o.does = func(d *disk) { delete(d.open, fd) }
	case "ftruncate":
		length, _ := strconv.Atoi(numbers[1])
		o.does = func(d *disk) {
			if n := d.open[fd]; n != nil {
				n.data = n.data[:length]
			}
		}
	case "mkdirat":
		o.does = func(d *disk) {
			if folder, name := d.find(texts[0]); folder != nil {
				folder.names[name] = newFolder()
			}
		}
	case "unlinkat":
		o.does = func(d *disk) {
			if folder, name := d.find(texts[0]); folder != nil {
				delete(folder.names, name)
			}
		}
	case "renameat", "renameat2", "linkat":
		o.does = func(d *disk) {
			from, old := d.find(texts[0])
			to, name := d.find(texts[1])
			if from == nil || to == nil {
				return
			}
			to.names[name] = from.names[old]
			if o.name != "linkat" {
				delete(from.names, old)
			}
		}
	default:
		err = errors.Join(err, fmt.Errorf("a call that is not known"))
	}
	return o, err
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
