package cli

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

// Each broken file, and each wrong flag, is one clear line.
func TestBrokenNetworks(t *testing.T) {
	networks(t)
	cnn, err := os.ReadFile("cnn.onnx")
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(old, now string) []byte {
		if !bytes.Contains(cnn, []byte(old)) || len(old) != len(now) {
			t.Fatalf("%q and %q: want one of the same length that is there", old, now)
		}
		return bytes.ReplaceAll(cnn, []byte(old), []byte(now))
	}
	safetensors := func(header string, data int) []byte {
		return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), make([]byte, data)...)
	}
	for name, contents := range map[string][]byte{
		"empty.onnx": {}, "text.onnx": []byte("this is no network"), "cut.onnx": cnn[:len(cnn)-100], "short.onnx": cnn[:60],
		"zeros.onnx": make([]byte, 500), "op.onnx": replaced("Relu", "Rule"), "maker.onnx": replaced("MaxPool", "NonZero"),
		"dangling.onnx": replaced("conv1.bias", "conv1.bia5")[:len(cnn)],
		"empty.st":      {}, "text.st": []byte("these are no weights"), "header.st": safetensors("{", 4),
		"long.st":    binary.LittleEndian.AppendUint64(nil, 1<<60),
		"list.st":    safetensors("[1]", 4),
		"type.st":    safetensors(`{"a":{"dtype":"F7","shape":[1],"data_offsets":[0,4]}}`, 4),
		"size.st":    safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4),
		"offset.st":  safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 4),
		"huge.st":    safetensors(`{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}`, 4),
		"minus.st":   safetensors(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4),
		"nothing.st": safetensors(`{}`, 0),
		"other.st":   safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
	} {
		put(t, ".", name, contents)
	}
	if err := os.Remove("outside.onnx.data"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ flags, want string }{
		{"--model onnx:none.onnx", "does not exist"},
		{"--model onnx:.", "no regular file"},
		{"--model onnx:", "names no file"},
		{"--model onnx:empty.onnx", "is empty"},
		{"--model onnx:text.onnx", "no ONNX file"},
		{"--model onnx:cut.onnx", "cut off"},
		{"--model onnx:short.onnx", "cut off"},
		{"--model onnx:zeros.onnx", "no ONNX file"},
		{"--model onnx:op.onnx", "(Rule)"},
		{"--model onnx:maker.onnx", "(NonZero)"},
		{"--model onnx:outside.onnx", "outside.onnx.data"},
		{"--model onnx:two.onnx", "2 inputs (image, more)"},
		{"--model onnx:volume.onnx", "node /conv/Conv (Conv) cannot be trained"},
		{"--model onnx:tokens.onnx", "want floating-point numbers"},
		{"--model onnx:series.onnx", "want the same; series are npz arrays"},
		{"--model onnx:cnn.onnx --head Nobody", "Nobody"},
		{"--model onnx:cnn.onnx --freeze nothing*", "conv1.weight"},
		{"--model onnx:cnn.onnx --train conv9", "conv9"},
		{"--model onnx:cnn.onnx --freeze *", "leave nothing"},
		{"--model onnx:cnn.onnx --init zeros", "file or random"},
		{"--model cnn --head Flatten", "onnx:FILE"},
		{"--model onnx:cnn.onnx --weights bn.onnx", "safetensors:FILE"},
		{"--model onnx:cnn.onnx --init random --weights safetensors:other.st", "want one of them"},
		{"--weights safetensors:none.st", "does not exist"},
		{"--weights safetensors:.", "no regular file"},
		{"--weights safetensors:empty.st", "no safetensors file"},
		{"--weights safetensors:text.st", "no safetensors file"},
		{"--weights safetensors:header.st", "JSON"},
		{"--weights safetensors:long.st", "claims a header"},
		{"--weights safetensors:list.st", "JSON"},
		{"--weights safetensors:type.st", "F7"},
		{"--weights safetensors:size.st", "wants 8 bytes"},
		{"--weights safetensors:offset.st", "from 4 to 8"},
		{"--weights safetensors:huge.st", "cannot be"},
		{"--weights safetensors:minus.st", "cannot be"},
		{"--weights safetensors:nothing.st", "no array"},
		{"--weights safetensors:other.st", "conv1.biases"},
		{"--model onnx:cnn.onnx --weights safetensors:other.st", "conv1.weight"},
		{"--data glyphs --model onnx:cnn.onnx", "want the same"},
	} {
		t.Run(tt.flags, func(t *testing.T) {
			_, stderr, code := xsam.Run(strings.Fields("train --method sgd --epochs 1 --out runs" + onShapes + " " +
				tt.flags)...)
			lines := reasons(stderr)
			if code != exit.Failed && code != exit.WrongUsage || lines != 1 || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit %d, %d lines: %s, want 1 or 2, one line, %q", code, lines, stderr, tt.want)
			}
		})
	}
}
