package tensorboard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the form in which TFRecord stores a checksum, so that the CRC of bytes that hold CRCs stays a good one:
// the CRC-32C rotated right by 15 bits, plus a constant, modulo 2³².
func masked(data []byte) uint32 {
	crc := crc32.Checksum(data, castagnoli)
	return (crc>>15 | crc<<17) + 0xa282ead8
}

// frame returns data as one record:
//
//	uint64 length | uint32 masked CRC of the length | data | uint32 masked CRC of data
//
// all little-endian.
func frame(data []byte) []byte {
	record := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	record = binary.LittleEndian.AppendUint32(record, masked(record))
	record = append(record, data...)
	return binary.LittleEndian.AppendUint32(record, masked(data))
}

const (
	headBytes = 12 // length and its checksum
	tailBytes = 4  // checksum of the data
)

// errTorn is the error of bytes that do not begin with a whole record.
var errTorn = errors.New("no whole record")

// unframe returns the data of the record that content begins with, and the record's length.
func unframe(content []byte) (data []byte, n int, err error) {
	if len(content) < headBytes {
		return nil, 0, fmt.Errorf("%w: %d bytes, want %d of a head", errTorn, len(content), headBytes)
	}
	size := binary.LittleEndian.Uint64(content)
	if binary.LittleEndian.Uint32(content[8:]) != masked(content[:8]) {
		return nil, 0, fmt.Errorf("%w: the checksum of its length is wrong", errTorn)
	}
	rest := content[headBytes:]
	if uint64(len(rest)) < size || uint64(len(rest))-size < tailBytes {
		return nil, 0, fmt.Errorf("%w: it ends early", errTorn)
	}
	data = rest[:size]
	if binary.LittleEndian.Uint32(rest[size:]) != masked(data) {
		return nil, 0, fmt.Errorf("%w: the checksum of its data is wrong", errTorn)
	}
	return data, headBytes + int(size) + tailBytes, nil
}
