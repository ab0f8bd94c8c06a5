package experiment

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

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
