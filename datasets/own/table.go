package own

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// table is a CSV file that is read record by record, with a limit on what a record may take.
type table struct {
	path    string
	stream  *stream
	records *csv.Reader
	left    int // bytes that may be read before a record ends
	total   int64
	limit   error // what was wrong, where a limit was met
}

// openTable opens a file. Its separator is the comma, semicolon or tab that its first line has most of.
func openTable(path string) (*table, error) {
	s, err := openStream(path)
	if err != nil {
		return nil, err
	}
	t := &table{path: path, stream: s, left: MaxLine}
	if s.size > MaxText {
		s.close()
		return nil, t.tooLong()
	}
	begin := make([]byte, 1<<14)
	n, err := io.ReadFull(s, begin)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) || n == 0 {
		s.close()
		return nil, damaged(path, err)
	}
	begin = bytes.TrimPrefix(begin[:n], []byte("\ufeff"))
	t.records = csv.NewReader(io.MultiReader(t.counted(bytes.NewReader(begin)), t.counted(s)))
	t.records.Comma = separator(begin)
	t.records.TrimLeadingSpace = t.records.Comma != '\t' // which counts as space: empty fields would go
	t.records.ReuseRecord = true
	return t, nil
}

func (t *table) tooLong() error {
	return fmt.Errorf("datasets: %s unpacks to more than the limit of %d bytes of text: want fewer lines or columns",
		t.path, MaxText)
}

// counted passes on what r has, as far as the limits allow.
func (t *table) counted(r io.Reader) io.Reader {
	return readFunc(func(to []byte) (int, error) {
		n, err := r.Read(to)
		t.left -= n
		t.total += int64(n)
		switch {
		case bytes.IndexByte(to[:n], 0) >= 0:
			t.limit = fmt.Errorf("datasets: %s holds a zero byte: it is no text in UTF-8: want CSV", t.path)
		case t.left < 0:
			t.limit = fmt.Errorf("datasets: %s has a line of more than %d bytes, the limit: is a quotation mark not closed?",
				t.path, MaxLine)
		case t.total > MaxText:
			t.limit = t.tooLong()
		}
		if t.limit != nil {
			return 0, t.limit
		}
		return n, err
	})
}

// readFunc is a function as an io.Reader.
type readFunc func([]byte) (int, error)

func (f readFunc) Read(to []byte) (int, error) { return f(to) }

// separator is the one that the first line has most of, outside quotation marks. Commas between two digits are decimal
// where there is another separator.
func separator(begin []byte) rune {
	line, _, _ := bytes.Cut(begin, []byte("\n"))
	counts, quoted, decimal := map[byte]int{}, false, true
	for i, c := range line {
		if c == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[c]++
			decimal = decimal && (c != ',' || i > 0 && isDigit(line[i-1]) && i+1 < len(line) && isDigit(line[i+1]))
		}
	}
	if decimal && counts[';']+counts['\t'] > 0 {
		counts[','] = 0
	}
	best := byte(',')
	for _, c := range []byte(";\t") {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return rune(best)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// next returns the fields of the next record, which stay as they are until the next call, and the number of its first
// line; io.EOF after the last.
func (t *table) next() (fields []string, line int, err error) {
	t.left = MaxLine
	fields, err = t.records.Read()
	var wrong *csv.ParseError
	switch {
	case t.limit != nil:
		return nil, 0, t.limit
	case errors.Is(err, io.EOF):
		return nil, 0, io.EOF
	case errors.Is(err, csv.ErrFieldCount):
		line, _ = t.records.FieldPos(0)
		return nil, 0, fmt.Errorf("datasets: %s has %d fields in line %d, and %d in the first: want as many in every line",
			t.path, len(fields), line, t.records.FieldsPerRecord)
	case errors.As(err, &wrong):
		return nil, 0, fmt.Errorf("datasets: %s is no CSV from line %d on: %w: mend it", t.path, wrong.StartLine, wrong.Err)
	case err != nil:
		return nil, 0, damaged(t.path, err)
	}
	for i, field := range fields {
		fields[i] = strings.TrimSpace(field)
	}
	line, _ = t.records.FieldPos(0)
	return fields, line, nil
}

// missing tells whether a field stands for a value that is not known.
func missing(field string) bool {
	switch strings.ToLower(field) {
	case "", "?", "na", "n/a", "nan", "null", "inf", "+inf", "-inf", "infinity", "-infinity":
		return true
	}
	return false
}
