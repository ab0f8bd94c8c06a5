package forward

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
)

// between returns what comes into the nodes that is not made row by row: it is taken over the rows, or compares them.
// What excused says so of is left out. nil where there is no such thing.
func (t *twins) between(nodes []*graph.Node, data *dependence, excused func(*graph.Node) bool) *graph.Node {
	seen := map[*graph.Node]bool{}
	stack := slices.Clone(nodes)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[n] || !data.reaches(n) {
			continue
		}
		seen[n] = true
		if t.mixes(n, data) && !excused(n) {
			return n
		}
		stack = append(stack, n.Inputs()...)
	}
	return nil
}

// mixes tells whether the rows of n, or n itself, look at several rows of an input.
func (t *twins) mixes(n *graph.Node, data *dependence) bool {
	e, _ := t.extent(n)
	if e == otherwise {
		return true
	}
	for i, in := range n.Inputs() {
		of, axis := t.extent(in)
		if of != perRow || !data.reaches(in) {
			continue
		}
		if e == noRows { // a sum over the rows, say
			return true
		}
		switch n.Type() {
		case graph.NodeTypeReduceWindow: // running sums
			if w := setting(n, "windowDimensions"); axis < len(w) && w[axis] > 1 {
				return true
			}
		case graph.NodeTypeReverse:
			if slices.Contains(setting(n, "axes"), axis) {
				return true
			}
		case graph.NodeTypeGather: // rows by their number, but for each row its own
			if i == 0 && slices.Contains(setting(n, "startIndexMap"), axis) && !numbered(n.Inputs()[1], data) {
				return true
			}
		}
	}
	return false
}

// numbered tells whether indices begin with the number of each row: they are put together from something that does not
// look at the batch, and the rest.
func numbered(indices *graph.Node, data *dependence) bool {
	for n := indices; ; n = n.Inputs()[0] {
		switch n.Type() {
		case graph.NodeTypeConcatenate:
			return slices.ContainsFunc(n.Inputs(), func(in *graph.Node) bool { return !data.reaches(in) })
		case graph.NodeTypeConvertDType, graph.NodeTypeReshape, graph.NodeTypeIdentity:
		default:
			return false
		}
	}
}

var settings = regexp.MustCompile(`(\w+)=\[([-\d ]*)\]`)

// setting is a list of numbers that an operation was told, which GoMLX shows in the text of a node only.
func setting(n *graph.Node, name string) (list []int) {
	for _, m := range settings.FindAllStringSubmatch(n.String(), -1) {
		if m[1] != name {
			continue
		}
		for _, field := range strings.Fields(m[2]) {
			if x, err := strconv.Atoi(field); err == nil {
				list = append(list, x)
			}
		}
	}
	return list
}
