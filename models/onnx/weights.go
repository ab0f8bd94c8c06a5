package onnx

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Weight is a tensor of the file that becomes a variable.
type Weight struct {
	Name  string // in the file
	Path  string // of the variable, below the scope of the network
	Dims  []int
	role  role
	fanIn int
	*tensor
}

// Trainable tells whether gradients change it; the averages of batch norm are not.
func (w *Weight) Trainable() bool { return w.role != mean && w.role != variance }

// settings are operations whose inputs after the first are settings and no weights.
var settings = map[string]bool{"Clip": true, "Pad": true, "Resize": true, "Pow": true, "Dropout": true}

// findWeights lists the weights that nodes use, in the order in which they use them.
func findWeights(f *File, nodes []*node) ([]*Weight, error) {
	stored := map[string]bool{}
	for _, t := range f.initializers {
		stored[t.name] = true
	}
	var weights []*Weight
	seen, paths, at := map[string]bool{}, map[string]string{}, users(nodes)
	for _, n := range nodes {
		for i, name := range n.inputs {
			t := f.constants[name]
			if seen[name] || !stored[name] || !t.isFloat() || len(t.dims) == 0 || t.size() == 0 || i > 0 && settings[n.op] {
				continue
			}
			seen[name] = true
			w := &Weight{Name: name, tensor: t}
			for _, d := range t.dims {
				w.Dims = append(w.Dims, int(d))
			}
			w.role, w.fanIn = f.used(use{n, i, t.dims}, at).role(at)
			w.Path = pathOf(name)
			if n.op == "BatchNormalization" { // as layers.BatchNorm names them
				folder, name := path.Split(pathOf(n.input(1)))
				folder = path.Clean(folder)
				if folder == unnamed { // where all would be of one name
					folder += "/" + name
				}
				w.Path = folder + "/" + map[role]string{scale: "scale", offset: "offset", mean: "mean",
					variance: "variance"}[w.role]
			}
			if other := paths[w.Path]; other != "" {
				return nil, fmt.Errorf("the weights %s and %s would both be the variable %s: give them other names", other,
					name, w.Path)
			}
			paths[w.Path] = name
			weights = append(weights, w)
		}
	}
	return weights, nil
}

var notInPaths = regexp.MustCompile(`[^\p{L}\p{M}\p{N}_#-]+`)

// unnamed is the scope of weights whose names have one part only.
const unnamed = "net"

// pathOf makes "features/0/weight" of "features.0.weight".
func pathOf(name string) string {
	var parts []string
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '/' }) {
		parts = append(parts, notInPaths.ReplaceAllString(part, "_"))
	}
	if len(parts) < 2 {
		parts = append([]string{unnamed}, parts...)
	}
	return strings.Join(parts, "/")
}
