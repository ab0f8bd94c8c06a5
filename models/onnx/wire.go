package onnx

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// An ONNX file is a message of protocol buffers. It is read here field by field, without allocating the sizes that it
// declares: names and numbers are copied, the bytes of weights stay where they are.

// field is a field of a message: a number, or bytes.
type field struct {
	number  protowire.Number
	value   uint64 // of varint, fixed32 and fixed64
	payload []byte // of length-delimited fields
	raw     []byte // the field whole, as it stands in the message
	kind    protowire.Type
}

var errCut = errors.New("it is no ONNX file, or cut off")

// fields calls use for each field of a message.
func fields(message []byte, use func(f field) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return errCut
		}
		f := field{number: number, kind: kind}
		size := 0
		switch kind {
		case protowire.VarintType:
			f.value, size = protowire.ConsumeVarint(message[n:])
		case protowire.Fixed32Type:
			var v uint32
			v, size = protowire.ConsumeFixed32(message[n:])
			f.value = uint64(v)
		case protowire.Fixed64Type:
			f.value, size = protowire.ConsumeFixed64(message[n:])
		case protowire.BytesType:
			f.payload, size = protowire.ConsumeBytes(message[n:])
		default:
			return errCut
		}
		if size < 0 {
			return errCut
		}
		f.raw, message = message[:n+size], message[n+size:]
		if err := use(f); err != nil {
			return err
		}
	}
	return nil
}

// numbers reads a repeated field of whole numbers, packed or not.
func (f field) numbers(to []int64) ([]int64, error) {
	if f.kind != protowire.BytesType {
		return append(to, int64(f.value)), nil
	}
	for rest := f.payload; len(rest) > 0; {
		v, n := protowire.ConsumeVarint(rest)
		if n < 0 {
			return nil, errCut
		}
		to, rest = append(to, int64(v)), rest[n:]
	}
	return to, nil
}

// attribute is a setting of a node.
type attribute struct {
	name    string
	float   uint32 // its bits
	integer int64
	text    string
	tensor  *tensor
	floats  []float64
	ints    []int64
	nested  bool // it holds a graph, or tensors and strings in a list
}

// node is an operation of the graph.
type node struct {
	name, op, domain string
	inputs, outputs  []string
	attributes       map[string]attribute
	raw              []byte // the message
	of               *node  // in the file, where this one stands for a part of it
}

// String names the node in messages.
func (n *node) String() string {
	if n.of != nil {
		return n.of.String()
	}
	name := n.name
	if name == "" && len(n.outputs) > 0 {
		name = "that makes " + n.outputs[0]
	}
	return fmt.Sprintf("node %s (%s)", name, n.op)
}

// input is the i-th input, "" where there is none.
func (n *node) input(i int) string {
	if i < len(n.inputs) {
		return n.inputs[i]
	}
	return ""
}

func parseNode(message []byte) (*node, error) {
	n := &node{raw: message, attributes: map[string]attribute{}}
	err := fields(message, func(f field) error {
		switch f.number {
		case 1:
			n.inputs = append(n.inputs, string(f.payload))
		case 2:
			n.outputs = append(n.outputs, string(f.payload))
		case 3:
			n.name = string(f.payload)
		case 4:
			n.op = string(f.payload)
		case 5:
			a, err := parseAttribute(f.payload)
			n.attributes[a.name] = a
			return err
		case 7:
			n.domain = string(f.payload)
		}
		return nil
	})
	return n, err
}

func parseAttribute(message []byte) (a attribute, err error) {
	err = fields(message, func(f field) (err error) {
		switch f.number {
		case 1:
			a.name = string(f.payload)
		case 2:
			a.float = uint32(f.value)
		case 3:
			a.integer = int64(f.value)
		case 4:
			a.text = string(f.payload)
		case 5:
			a.tensor, err = parseTensor(f.payload)
		case 7:
			a.floats, err = f.floats(a.floats)
		case 8:
			a.ints, err = f.numbers(a.ints)
		case 6, 9, 10, 11:
			a.nested = true
		}
		return err
	})
	return a, err
}

// description is an input or output of the graph: its type, and its dimensions, −1 where they are left open.
type description struct {
	name  string
	dtype int
	dims  []int64
}

func parseDescription(message []byte) (d description, err error) {
	err = fields(message, func(f field) error {
		switch f.number {
		case 1:
			d.name = string(f.payload)
		case 2: // type, in it the type of a tensor, in it the shape, in it the dimensions
			return within(f.payload, 1, func(f field) error {
				if f.number == 1 {
					d.dtype = int(f.value)
				}
				if f.number != 2 {
					return nil
				}
				return fields(f.payload, func(f field) error {
					dim := int64(-1)
					err := fields(f.payload, func(f field) error {
						if f.number == 1 {
							dim = int64(f.value)
						}
						return nil
					})
					d.dims = append(d.dims, dim)
					return err
				})
			})
		}
		return nil
	})
	return d, err
}

// within calls use for the subfields of each field of a message that has the given number.
func within(message []byte, number protowire.Number, use func(f field) error) error {
	return fields(message, func(f field) error {
		if f.number != number {
			return nil
		}
		return fields(f.payload, use)
	})
}
