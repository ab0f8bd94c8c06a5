package own

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// stream is a file that is read from its beginning, unpacked if it is compressed with gzip, whatever its name says.
type stream struct {
	io.Reader
	file   *os.File
	packed bool
	stored int64 // bytes of the file
	// size is that of the unpacked contents: of a plain file; of a packed one as its end claims, modulo 2³².
	size int64
}

// openStream opens a file.
func openStream(path string) (*stream, error) {
	file, _, err := openFile(path)
	if err != nil {
		return nil, err
	}
	s, err := newStream(file)
	if err != nil {
		file.Close()
		return nil, damaged(path, err)
	}
	return s, nil
}

func newStream(file *os.File) (*stream, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewReaderSize(file, 1<<16)
	s := &stream{Reader: buffered, file: file, stored: info.Size(), size: info.Size()}
	magic, _ := buffered.Peek(2)
	if len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return s, nil
	}
	s.packed = true
	var tail [4]byte
	if _, err := file.ReadAt(tail[:], max(0, s.size-4)); err != nil {
		return nil, err
	}
	s.size = int64(binary.LittleEndian.Uint32(tail[:]))
	unpacked, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, err
	}
	s.Reader = bufio.NewReaderSize(unpacked, 1<<16)
	return s, nil
}

// close closes the file, which was read.
func (s *stream) close() { s.file.Close() }

// ended fails unless everything has been read.
func (s *stream) ended(path string) error {
	var one [1]byte
	switch _, err := io.ReadFull(s.Reader, one[:]); {
	case err == nil:
		return fmt.Errorf("datasets: %s goes on after the values that its header announces: it is damaged: "+
			"make or download it again", path)
	case errors.Is(err, io.EOF):
		return nil
	default:
		return damaged(path, err)
	}
}

// damaged is the error of a file that ends early or does not unpack.
func damaged(path string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("datasets: %s is cut short: make or download it again", path)
	}
	return fmt.Errorf("datasets: %s is damaged (%s): make or download it again", path, oneLine(err))
}
