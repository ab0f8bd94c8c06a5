package forward

import "github.com/gomlx/gomlx/core/graph"

// slice returns the rows from start to end of a batch of that many rows.
func (o *Objective) slice(b Batch, rows, start, end int) Batch {
	return o.each(b, func(x *graph.Node) *graph.Node { // n of x for each row
		n := x.Shape().Dim(0) / rows
		return graph.Slice(x, graph.AxisRange(start*n, end*n))
	})
}

// each returns the batch with f of everything in it that has rows.
func (o *Objective) each(batch Batch, f func(*graph.Node) *graph.Node) Batch {
	out := Batch{Spec: batch.Spec}
	for i, x := range batch.Inputs {
		if !o.Shares(i) {
			x = f(x)
		}
		out.Inputs = append(out.Inputs, x)
	}
	for i, x := range batch.Labels {
		if !o.SharesLabel(i) {
			x = f(x)
		}
		out.Labels = append(out.Labels, x)
	}
	return out
}

// Some returns at most n rows of a batch, from all over it, and at least CompareRows: some are taken twice where there
// are fewer.
func (o *Objective) Some(b Batch, n int) (Batch, error) {
	rows, err := Rows(o, b.Inputs, b.Labels)
	if err != nil {
		return Batch{}, err
	}
	return o.each(b, func(x *graph.Node) *graph.Node {
		size := x.Shape().Dim(0) / rows
		var list []*graph.Node
		for _, i := range Spread(rows, n, 0) {
			list = append(list, graph.Slice(x, graph.AxisRange(i*size, (i+1)*size)))
		}
		return graph.Concatenate(list, 0)
	}), nil
}

// Spread returns the numbers of at most n of so many rows, from all over them and other ones for each shift, and at least
// CompareRows.
func Spread(rows, n, shift int) []int {
	list := make([]int, max(CompareRows, min(rows, n)))
	for i := range list {
		list[i] = (i*rows/len(list) + shift) % rows
	}
	return list
}
