package onnx

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/xsam-go/xsam/internal/regular"
)

// The limits, tested against what a file says of itself before memory is taken.
const (
	maxBytes = 1 << 31 // of a file: that of protocol buffers; and of a tensor
	maxNodes = 100_000
	maxRank  = 8
	maxSide  = 1 << 14 // of kernels, windows and paddings
	maxMade  = 1 << 28 // numbers that a node makes of one example
)

// File is an ONNX file that was read and checked.
type File struct {
	path   string
	bytes  []byte
	sum    [sha256.Size]byte // over the file and those outside
	opsets []field           // of the model, as they stand in it
	fixed  []field           // version of the format
	graph  []byte

	nodes        []*node
	initializers []*tensor
	inputs       []description
	outputs      []description

	constants map[string]*tensor        // initializers and Constant nodes, by name
	makers    map[string]*node          // by output
	separated map[string]bool           // weights that were merged
	renamed   map[string]map[int]string // inputs of nodes that are other weights than in the file, by the first output
	names     map[string]bool           // of all tensors
}

// Read reads a file, and says what is wrong with it in one line.
func Read(path string) (*File, error) {
	f, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", path, err)
	}
	return f, nil
}

func read(path string) (*File, error) {
	contents, err := readRegular(path, maxBytes)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, bytes: contents, constants: map[string]*tensor{}, makers: map[string]*node{},
		separated: map[string]bool{}, renamed: map[string]map[int]string{}, names: map[string]bool{}}
	if err := f.parse(); err != nil {
		return nil, err
	}
	if err := f.readOutside(); err != nil {
		return nil, err
	}
	return f, f.check()
}

// readRegular reads a file of at most so many bytes.
func readRegular(path string, most int64) ([]byte, error) {
	contents, err := regular.Read(path, most)
	unfit, isUnfit := errors.AsType[*regular.UnfitError](err)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, errors.New("it does not exist: want a file; see --model and --model-dir")
	case isUnfit:
		return nil, fmt.Errorf("it %s: want the file that torch.onnx.export writes", unfit.Reason)
	case err == nil && len(contents) == 0:
		return nil, errors.New("it is empty: want the file that torch.onnx.export writes")
	}
	return contents, err
}

// parse reads the message.
func (f *File) parse() error {
	f.sum = sha256.Sum256(f.bytes)
	err := fields(f.bytes, func(x field) error {
		switch x.number {
		case 1:
			f.fixed = append(f.fixed, x)
		case 7:
			f.graph = x.payload
		case 8:
			f.opsets = append(f.opsets, x)
		case 25:
			return errors.New("it has functions of its own: export it without (torch.onnx.export does)")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if f.graph == nil || len(f.opsets) == 0 {
		return errCut
	}
	return fields(f.graph, f.parseGraph)
}

// parseGraph takes in a field of the graph.
func (f *File) parseGraph(x field) error {
	switch x.number {
	case 1:
		n, err := parseNode(x.payload)
		if f.nodes = append(f.nodes, n); len(f.nodes) > maxNodes {
			return fmt.Errorf("it has more than %d nodes", maxNodes)
		}
		return err
	case 5:
		t, err := parseTensor(x.payload)
		f.initializers = append(f.initializers, t)
		return err
	case 11, 12:
		d, err := parseDescription(x.payload)
		if x.number == 11 {
			f.inputs = append(f.inputs, d)
		} else {
			f.outputs = append(f.outputs, d)
		}
		return err
	case 15:
		return errors.New("it has sparse weights: want dense ones")
	}
	return nil
}

// Fingerprint names the contents: 32 hexadecimal digits of the SHA-256 of the file and of those with its weights.
func (f *File) Fingerprint() string { return hex.EncodeToString(f.sum[:16]) }

// version is that of the format.
func (f *File) version() int {
	for _, x := range f.fixed {
		return int(x.value)
	}
	return 0
}

// opset is the version of ONNX's operations that the file was written for.
func (f *File) opset() int {
	version := 0
	for _, x := range f.opsets {
		domain, v := "", 0
		_ = fields(x.payload, func(y field) error { // it was read before
			if y.number == 1 {
				domain = string(y.payload)
			} else {
				v = int(y.value)
			}
			return nil
		})
		if slices.Contains([]string{"", "ai.onnx"}, domain) {
			version = v
		}
	}
	return version
}
