package onnx_test

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/xsam-go/xsam/models/onnx"
)

// made is a small ONNX file that a test writes: x, images of one channel and height 1, go in, and y comes out.
type made struct {
	opset, version int // of the operations, 13 in place of 0; of the format, 8 in place of 0
	double         bool
	batch          int64 // 0 leaves it open
	width          int64
	constants      []constant
	nodes          []operation
}

// constant is an initializer: floats, or whole numbers.
type constant struct {
	name   string
	dims   []int64
	floats []float64
	ints   []int64
}

// operation is a node: its inputs and outputs are names with spaces between, "-" where there is none.
type operation struct {
	name, kind, inputs, outputs string
	settings                    map[string]any // string, int, float64, []int64 or constant
}

func whole(name string, values ...int64) constant {
	return constant{name: name, dims: []int64{int64(len(values))}, ints: values}
}

func floats(name string, values ...float64) constant {
	return constant{name: name, dims: []int64{int64(len(values))}, floats: values}
}

func number(to []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(to, field, protowire.VarintType), uint64(v))
}

func part(to []byte, field protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, field, protowire.BytesType), content)
}

func (c constant) message(double bool) (m []byte) {
	for _, d := range c.dims {
		m = number(m, 1, d)
	}
	var values []byte
	dtype := int64(7)
	for _, v := range c.ints {
		values = binary.LittleEndian.AppendUint64(values, uint64(v))
	}
	for _, v := range c.floats {
		if dtype = 11; double {
			values = binary.LittleEndian.AppendUint64(values, math.Float64bits(v))
		} else {
			dtype = 1
			values = binary.LittleEndian.AppendUint32(values, math.Float32bits(float32(v)))
		}
	}
	return part(part(number(m, 2, dtype), 8, []byte(c.name)), 9, values)
}

func (o operation) message(double bool) (m []byte) {
	for field, names := range []string{o.inputs, o.outputs} {
		for name := range strings.FieldsSeq(names) {
			m = part(m, protowire.Number(field+1), []byte(strings.TrimPrefix(name, "-")))
		}
	}
	m = part(part(m, 3, []byte(o.name)), 4, []byte(o.kind))
	for name, v := range o.settings {
		a := part(nil, 1, []byte(name))
		switch v := v.(type) {
		case string:
			a = number(part(a, 4, []byte(v)), 20, 3)
		case int:
			a = number(number(a, 3, int64(v)), 20, 2)
		case float64:
			a = protowire.AppendFixed32(protowire.AppendTag(a, 2, protowire.Fixed32Type), math.Float32bits(float32(v)))
			a = number(a, 20, 1)
		case constant:
			a = number(part(a, 5, v.message(double)), 20, 4)
		case []int64:
			for _, i := range v {
				a = number(a, 8, i)
			}
			a = number(a, 20, 7)
		}
		m = part(m, 5, a)
	}
	return m
}

// described describes an input or output.
func described(name string, double bool, dims ...int64) []byte {
	var shape []byte
	for _, d := range dims {
		dim := number(nil, 1, d)
		if d == 0 {
			dim = part(nil, 2, []byte("n"))
		}
		shape = part(shape, 1, dim)
	}
	dtype := int64(1)
	if double {
		dtype = 11
	}
	return part(part(nil, 1, []byte(name)), 2, part(nil, 1, part(number(nil, 1, dtype), 2, shape)))
}

// write writes the file and returns its path.
func (f made) write(t *testing.T) string {
	t.Helper()
	var g []byte
	for _, n := range f.nodes {
		g = part(g, 1, n.message(f.double))
	}
	for _, c := range f.constants {
		g = part(g, 5, c.message(f.double))
	}
	g = part(g, 11, described("x", f.double, f.batch, 1, 1, f.width))
	if f.version == 3 {
		for _, c := range f.constants {
			g = part(g, 11, described(c.name, f.double, c.dims...))
		}
	}
	g = part(g, 12, described("y", f.double))
	opset, version := max(f.opset, 7), max(f.version, 3)
	if f.opset == 0 {
		opset = 13
	}
	if f.version == 0 {
		version = 8
	}
	m := part(number(nil, 1, int64(version)), 8, number(part(nil, 1, nil), 2, int64(opset)))
	path := filepath.Join(t.TempDir(), "made.onnx")
	if err := os.WriteFile(path, part(m, 7, g), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// config is for the file, with so many outputs.
func (f made) config(outputs int) onnx.Config {
	return onnx.Config{Height: 1, Width: int(f.width), Channels: 1, Outputs: outputs, DType: dtypes.Float64}
}

func (f made) read(t *testing.T) *onnx.File {
	t.Helper()
	file, err := onnx.Read(f.write(t))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// row is a batch of images of height 1, with one channel.
func row(examples ...[]float64) (x [][][][]float64) {
	for _, e := range examples {
		image := [][]float64{}
		for _, v := range e {
			image = append(image, []float64{v})
		}
		x = append(x, [][][]float64{image})
	}
	return x
}

// makes is what the file makes of examples in evaluation.
func (f made) makes(t *testing.T, outputs int, examples ...[]float64) [][]float64 {
	t.Helper()
	net, err := onnx.New(f.read(t), f.config(outputs))
	if err != nil {
		t.Fatal(err)
	}
	return evaluate(t, net, model.NewStore(), row(examples...))
}

// near tells whether numbers are the same but for rounding to float32, as files hold them.
func near(got, want []float64) bool {
	return slices.EqualFunc(got, want, func(x, y float64) bool { return math.Abs(x-y) <= 1e-6*max(1, math.Abs(y)) })
}

// refused is the error with which a file is refused; it fails the test when it is not.
func (f made) refused(t *testing.T, outputs int, says ...string) {
	t.Helper()
	err := build(t, f.write(t), f.config(outputs))
	if err == nil {
		t.Fatalf("it is built, want an error that says %q", says)
	}
	for _, want := range says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want one that says %q", err, want)
		}
	}
}
