package runlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// line is one line of a file of records without its end, and what it says.
type line[T checked] struct {
	text  []byte
	value T
}

// faults are what is wrong with a file of records.
type faults struct {
	broken string // the numbers of the lines that are no record, "" for none
	torn   int    // that of a last line without an end, which is being written or was cut off; 0 for none
}

// readLines reads a file of one JSON object a line, and leaves out what is no T.
func readLines[T checked](fsys fs.FS, file string) (lines []line[T], found faults, err error) {
	content, err := readFile(fsys, file)
	if err != nil {
		return nil, found, err
	}
	var broken []string
	for number := 1; len(content) > 0; number++ {
		text, rest, ended := bytes.Cut(content, []byte{'\n'})
		content = rest
		begin := bytes.TrimSpace(text)
		if len(begin) == 0 {
			continue
		}
		l := line[T]{text: text}
		err := json.Unmarshal(text, &l.value)
		if err == nil {
			err = l.value.check()
		}
		switch {
		case err == nil:
			lines = append(lines, l)
		case ended || begin[0] != '{':
			broken = append(broken, fmt.Sprint(number))
		default:
			found.torn = number
		}
	}
	const shown = 5
	if n := len(broken); n > shown {
		broken = append(broken[:shown], fmt.Sprintf("and %d more", n-shown))
	}
	found.broken = strings.Join(broken, ", ")
	return lines, found, nil
}

// wholeLines is readLines for those who go on writing the file: a broken line is an error, a torn last one a warning.
func wholeLines[T checked](dir, file string) (lines []line[T], warnings []string, err error) {
	name := filepath.Join(dir, file)
	lines, found, err := readLines[T](os.DirFS(dir), file)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("runlog: %s cannot be read: %w", name, err)
	case found.broken != "":
		return nil, nil, fmt.Errorf("runlog: %s: no valid record in line %s: mend it or remove it", name, found.broken)
	case found.torn > 0:
		const format = "%s: line %d was cut off while it was written and is left out"
		warnings = []string{fmt.Sprintf(format, name, found.torn)}
	}
	return lines, warnings, nil
}
