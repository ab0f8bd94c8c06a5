package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// encodeNPZ writes arrays as numpy.load reads them.
func encodeNPZ(arrays []Named) ([]byte, error) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, a := range arrays {
		w, err := archive.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store})
		if err == nil {
			_, err = w.Write(append(npyHeader(a.Array), a.Bytes...))
		}
		if err != nil {
			return nil, fmt.Errorf("weights: %s: %w", a.Name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	return out.Bytes(), nil
}

// npyHeader is the header of version 1.0 of the format, which ends at a multiple of 64 bytes.
func npyHeader(a Array) []byte {
	dtype, shape := "<f4", ""
	if a.Wide {
		dtype = "<f8"
	}
	for _, d := range a.Dims {
		shape += strconv.Itoa(d) + ", "
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", dtype, shape)
	const before = 10 // magic, version, length
	text += strings.Repeat(" ", 63-(before+len(text))%64) + "\n"
	header := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(text)))
	return append(header, text...)
}
