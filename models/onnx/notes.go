package onnx

import (
	"fmt"
	"slices"
	"strings"
)

// note records what in the file is changed for training.
func (n *Net) note() {
	if len(n.file.inputs[0].dims) == 4 {
		n.notes = append(n.notes, "images are transposed to [batch, channels, height, width], its input")
	}
	norms, dropouts := 0, 0
	for _, of := range n.nodes {
		switch of.op {
		case "BatchNormalization":
			norms++
		case "Dropout":
			dropouts++
		}
	}
	if norms+dropouts > 0 {
		n.notes = append(n.notes, fmt.Sprintf("%d batch norms and %d dropouts are in training form", norms, dropouts))
	} else {
		n.notes = append(n.notes, "it has no batch norm and no dropout: one exported for evaluation has lost them, the "+
			"first within the convolutions")
	}
	if dims := n.file.inputs[0].dims; len(dims) > 0 && dims[0] > 0 {
		n.notes = append(n.notes, fmt.Sprintf("its batch size of %d is not kept to", dims[0]))
	}
	if merged := len(n.file.separated); merged > 0 {
		n.notes = append(n.notes, fmt.Sprintf("%d weights that were merged with equal ones are trained by themselves",
			merged))
	}
	if weights, err := findWeights(n.file, n.nodes); err == nil && uncertain(weights) != "" {
		n.notes = append(n.notes, uncertain(weights))
	}
	if len(n.file.outputs) > 1 {
		n.notes = append(n.notes, fmt.Sprintf("of its %d outputs the first, %s, is trained", len(n.file.outputs),
			n.file.outputs[0].name))
	}
}

// Notes say what in the file, up to a head, is changed for training, a line each. They are empty for a head that is not
// there.
func (f *File) Notes(head string) []string {
	n := &Net{file: f, config: Config{Head: head}}
	if n.cut() != nil {
		return nil
	}
	n.nodes = f.leadingTo(n.output)
	n.note()
	return n.notes
}

// uncertain names trained weights that may be constants of the network: files do not tell them from weights.
func uncertain(weights []*Weight) string {
	const most = 6
	var names []string
	for _, w := range weights {
		if slices.Contains([]role{other, shift, factor}, w.role) {
			names = append(names, w.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	more := ""
	if n := len(names) - most; n > 0 {
		names, more = names[:most], fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("no kernel, bias, scale or offset, and trained unless frozen: %s%s; what is a constant of the "+
		"network (a buffer) wants --freeze %q", strings.Join(names, ", "), more, strings.Join(names, ","))
}
