package weights_test

import (
	"encoding/binary"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/sbinet/npyio/npz"

	"github.com/xsam-go/xsam/models/weights"
)

// array is one of float32.
func array(values ...float32) weights.Array {
	a := weights.Array{Dims: []int{len(values)}}
	for _, x := range values {
		a.Bytes = binary.LittleEndian.AppendUint32(a.Bytes, math.Float32bits(x))
	}
	return a
}

func ExampleEncode() {
	file, err := weights.Encode("net.safetensors", []weights.Named{{Name: "bias", Array: array(1, 2)}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", file[8:72])
	// Output: {"bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}
}

// What is written is read again, of both types; 1.5 and −2 have float16s and bfloat16s of their own.
func TestSafetensors(t *testing.T) {
	wide := weights.Array{Dims: []int{1, 2}, Wide: true}
	for _, x := range []float64{1.5, -math.Pi} {
		wide.Bytes = binary.LittleEndian.AppendUint64(wide.Bytes, math.Float64bits(x))
	}
	file, err := weights.Encode("x.safetensors", []weights.Named{{Name: "b", Array: wide}, {Name: "a", Array: array(3)}},
		map[string]string{"model": "cnn"})
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, file)
	if len(got) != 2 || got["b"].Value(1) != -math.Pi || got["a"].Value(0) != 3 || fmt.Sprint(got["b"].Dims) != "[1 2]" {
		t.Errorf("read %v", got)
	}
	header := `{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2],` +
		`"data_offsets":[4,8]},"n":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}`
	text := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
	got = read(t, append(text, 0, 0x3e, 0, 0xc0, 0xc0, 0x3f, 0, 0xc0, 1, 0, 0, 0, 0, 0, 0, 0))
	for _, name := range []string{"h", "b"} {
		if a := got[name]; a.Len() != 2 || a.Value(0) != 1.5 || a.Value(1) != -2 {
			t.Errorf("%s holds %v, %v, want 1.5 and -2", name, a.Value(0), a.Value(1))
		}
	}
	if len(got) != 2 {
		t.Errorf("%d arrays, want 2: whole numbers are left out", len(got))
	}
}

func read(t *testing.T, file []byte) map[string]weights.Array {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	arrays, err := weights.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return arrays
}

// An npz file can be read by another library.
func TestNPZ(t *testing.T) {
	a := array(1, 2, 3, 4, 5, 6)
	a.Dims = []int{2, 3}
	file, err := weights.Encode("x.npz", []weights.Named{{Name: "fc.weight", Array: a}, {Name: "b", Array: array(7)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.npz")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	in, err := npz.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var values, one []float32
	if err := in.Read("fc.weight.npy", &values); err != nil {
		t.Fatal(err)
	}
	if err := in.Read("b.npy", &one); err != nil {
		t.Fatal(err)
	}
	shape := in.Header("fc.weight.npy").Descr.Shape
	if fmt.Sprint(values, one, shape) != "[1 2 3 4 5 6] [7] [2 3]" {
		t.Errorf("read %v, %v of shape %v", values, one, shape)
	}
}

func TestNames(t *testing.T) {
	if _, err := weights.Encode("x.pt", nil, nil); err == nil {
		t.Error("x.pt is written, want an error")
	}
	for name, want := range map[string]string{"safetensors:a/b.safetensors": "a/b.safetensors", "npz:x": "", "x": "",
		"safetensors:": ""} {
		if path, err := weights.Parse(name); path != want && want != "" || (err == nil) != (want != "") {
			t.Errorf("Parse(%q) = %q, %v, want %q", name, path, err, want)
		}
	}
}
