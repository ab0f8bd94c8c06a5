package onnx

import (
	"slices"
	"strings"
)

// separate gives merged weights values of their own again. An exporter merges weights of equal values, such as those of
// batch norms that have seen no data, and leaves an Identity of one in place of the other.
func (f *File) separate() {
	f.nodes = slices.DeleteFunc(f.nodes, func(n *node) bool {
		t := f.constants[n.input(0)]
		if n.op != "Identity" || t == nil || !t.isFloat() || len(n.outputs) != 1 || f.constants[n.outputs[0]] != nil {
			return false
		}
		f.copied(t, n.outputs[0])
		return true
	})
}

// copied notes a weight with the values of another, and a name of its own.
func (f *File) copied(t *tensor, name string) {
	own := *t
	own.name, own.external = name, false
	own.raw = encode(t, own.name, typeDouble)
	if t.dtype != typeDouble {
		own.raw = encode(t, own.name, typeFloat)
		own.dtype, own.bytes, own.floats = typeFloat, nil, t.values()
	}
	f.initializers, f.constants[own.name] = append(f.initializers, &own), &own
	f.separated[own.name] = true
}

// ofNorms are the names that PyTorch gives the inputs of a batch norm, from the second on.
var ofNorms = [4]string{"weight", "bias", "running_mean", "running_var"}

// separateNorms gives batch norms whose inputs are those of other nodes too inputs of their own. Programs that simplify
// files leave them so where weights were equal; the norms' averages must not be.
func (f *File) separateNorms() {
	uses, keeper, stored := map[string]int{}, map[string]*node{}, map[string]bool{}
	for _, t := range f.initializers {
		stored[t.name] = t.isFloat()
	}
	for _, n := range f.nodes {
		for i, name := range n.inputs {
			uses[name]++
			isNorm := n.op == "BatchNormalization" && i > 0
			kept := keeper[name]
			if kept == nil || kept.op == "BatchNormalization" && (!isNorm || i <= 4 && name == n.module()+"."+ofNorms[i-1]) {
				keeper[name] = n
			}
		}
	}
	for _, n := range f.nodes {
		if n.op != "BatchNormalization" || len(n.inputs) != 5 {
			continue
		}
		folder := ""
		for i, name := range n.inputs[1:] {
			first := keeper[name] == n && !slices.Contains(n.inputs[1:i+1], name)
			if !stored[name] || uses[name] < 2 || first {
				continue
			}
			if folder == "" {
				folder = f.freeFolder(n)
			}
			own := folder + "." + ofNorms[i]
			f.copied(f.constants[name], own)
			f.names[own] = true
			if f.renamed[n.outputs[0]] == nil {
				f.renamed[n.outputs[0]] = map[int]string{}
			}
			f.renamed[n.outputs[0]][i+1], n.inputs[i+1] = own, own
		}
	}
}

// freeFolder is the name of a batch norm's module, with something after it where weights that are not its own have it.
func (f *File) freeFolder(n *node) string {
	folder := n.module()
	taken := func(part string) bool {
		name := folder + "." + part
		return f.names[name] && !slices.Contains(n.inputs, name)
	}
	for slices.ContainsFunc(ofNorms[:], taken) {
		folder += "_"
	}
	return folder
}

// module is the name of the part of a network that a node stands for: "layer1.0.bn1" of the name that PyTorch gives the
// node, "/layer1/layer1.0/bn1/BatchNormalization".
func (n *node) module() string {
	var parts []string
	for part := range strings.SplitSeq(strings.Trim(n.name, "/"), "/") {
		if last := len(parts) - 1; last >= 0 && strings.HasPrefix(part, parts[last]+".") {
			parts = parts[:last]
		}
		if part != "" && !strings.HasPrefix(part, n.op) {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return n.outputs[0]
	}
	return strings.Join(parts, ".")
}

// noteNames notes all names of tensors, so that new ones can be free.
func (f *File) noteNames() {
	for name := range f.constants {
		f.names[name] = true
	}
	for _, d := range f.inputs {
		f.names[d.name] = true
	}
	for _, n := range f.nodes {
		for _, name := range n.outputs {
			f.names[name] = true
		}
	}
}
