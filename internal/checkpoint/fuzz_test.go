package checkpoint

import (
	"os"
	"testing"
)

// Whatever a description says, what is made room for are bytes that the file has.
func FuzzDescription(f *testing.F) {
	f.Add([]byte(`{"BinFormat":"x","Variables":[{"ParameterName":"var:/w","Dimensions":[-1],"DType":"Float32"}]}`), int64(4))
	_, paths := written(f, 1)
	text, err := os.ReadFile(paths[0] + descriptionSuffix)
	if err != nil {
		f.Fatal(err)
	}
	info, err := os.Stat(paths[0] + dataSuffix)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text, info.Size())
	f.Fuzz(func(t *testing.T, text []byte, size int64) {
		d, err := parseDescription(text, size)
		if err != nil {
			return
		}
		total := int64(0)
		for _, v := range d.Variables {
			if v.Length < 0 || v.shape().Size() < 0 {
				t.Errorf("variable %s has the shape %s in %d bytes", v.path(), v.shape(), v.Length)
			}
			total += v.Length
		}
		if total > max(size, 0) {
			t.Errorf("variables of %d bytes out of %d", total, size)
		}
	})
}

// A manifest is what was written, or an error.
func FuzzManifest(f *testing.F) {
	_, paths := written(f, 1)
	text, err := os.ReadFile(paths[0] + manifestSuffix)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:len(text)-2])
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = decodeManifest(text) })
}
