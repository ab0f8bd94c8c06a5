package runlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// line is one line of a file of records without its end, and what it says.
type line[T checked] struct {
	text  []byte
	sum   string // its checksum, "" for none
	value T
}

// faults are what is wrong with a file of records.
type faults struct {
	broken, changed []int // the numbers of the lines that are no record, and of those whose checksum does not fit
	torn            int   // that of a last line without an end, which is being written or was cut off; 0 for none
}

// String names the lines that were left out, "" for none.
func (f faults) String() string {
	var all []string
	if len(f.broken) > 0 {
		all = append(all, "no valid record in line "+numbers(f.broken))
	}
	if len(f.changed) > 0 {
		all = append(all, "the checksum does not fit in line "+numbers(f.changed)+", which was changed, or a line before "+
			"it is gone")
	}
	return strings.Join(all, "; ")
}

func numbers(lines []int) string {
	const shown = 5
	var all []string
	for i, n := range lines {
		if i == shown {
			all = append(all, fmt.Sprintf("and %d more", len(lines)-shown))
			break
		}
		all = append(all, fmt.Sprint(n))
	}
	return strings.Join(all, ", ")
}

// readLines reads a file of one JSON object a line, and leaves out what is no T, and what has another checksum than it
// says. Lines without one may come before those that have one: an earlier version wrote them.
func readLines[T checked](fsys fs.FS, file string) (lines []line[T], found faults, err error) {
	content, err := readFile(fsys, file)
	if err != nil {
		return nil, found, err
	}
	before := ""
	for number := 1; len(content) > 0; number++ {
		text, rest, ended := bytes.Cut(content, []byte{'\n'})
		content = rest
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if !ended && cutOff(text) {
			found.torn = number
			break
		}
		l := line[T]{text: text}
		err := json.Unmarshal(text, &l.value)
		var body []byte
		body, l.sum = unseal(text)
		switch {
		case err != nil || l.value.check() != nil:
			found.broken = append(found.broken, number)
		case (l.sum != "" || before != "") && l.sum != checksum(before, body):
			found.changed = append(found.changed, number)
		default:
			lines = append(lines, l)
		}
		if l.sum != "" {
			before = l.sum
		}
	}
	return lines, found, nil
}

// cutOff tells whether a text is the beginning of a record, with zeros behind it where the machine has lost its power.
func cutOff(text []byte) bool {
	begun := bytes.TrimRight(text, "\x00")
	if len(begun) == 0 {
		return true
	}
	err := json.NewDecoder(bytes.NewReader(begun)).Decode(new(json.RawMessage))
	return begun[0] == '{' && (errors.Is(err, io.ErrUnexpectedEOF) || err == nil && len(begun) < len(text))
}

// wholeLines is readLines for those who go on writing the file: a broken line is an error, a torn last one a warning.
func wholeLines[T checked](dir, file string) (lines []line[T], warnings []string, err error) {
	name := filepath.Join(dir, file)
	lines, found, err := readLines[T](os.DirFS(dir), file)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("runlog: %s cannot be read: %w", name, err)
	case found.String() != "":
		return nil, nil, fmt.Errorf("runlog: %s: %s: mend it or remove it", name, found)
	case found.torn > 0:
		const format = "%s: line %d was cut off while it was written and is left out"
		warnings = []string{fmt.Sprintf(format, name, found.torn)}
	}
	return lines, warnings, nil
}
