package weights

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// Whatever is in a safetensors file, reading it ends with arrays that it has the bytes of, or with an error.
func FuzzRead(f *testing.F) {
	file := func(header string, data ...byte) []byte {
		return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
	}
	f.Add(file(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 0, 0, 128, 63))
	f.Add(file(`{"w":{"dtype":"BF16","shape":[2,0],"data_offsets":[0,0]},"__metadata__":{"a":"b"}}`))
	f.Add(file(`{"w":{"dtype":"F64","shape":[-1,9223372036854775807],"data_offsets":[0,8]}}`, make([]byte, 8)...))
	f.Fuzz(func(t *testing.T, contents []byte) {
		path := filepath.Join(t.TempDir(), "weights.safetensors")
		if err := os.WriteFile(path, contents, 0o644); err != nil {
			t.Fatal(err)
		}
		arrays, err := Read(path)
		if err != nil && !bytes.Contains([]byte(err.Error()), []byte(path)) {
			t.Errorf("error %v, want one that names the file", err)
		}
		for name, a := range arrays {
			n := 1
			for _, d := range a.Dims {
				n *= d
			}
			if n > len(contents) {
				t.Errorf("array %s of shape %v out of %d bytes", name, a.Dims, len(contents))
			}
		}
	})
}
