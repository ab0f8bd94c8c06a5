package measure

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// plane is where the loss of a landscape is taken: at w + x·d + y·e.
type plane struct {
	names  []string
	d, e   []float64 // e is nil for a line
	xs, ys []float64
	path   [][2]float64
	runs   []runlog.Place
}

// noPlane is the error of a state that has no landscape of the kind asked for, where others may have one.
type noPlane struct{ error }

// landscape evaluates the loss row by row, so that an interruption loses no more than one.
func (w *measurer) landscape(ctx context.Context, out, part *runlog.Measurement) error {
	p, err := w.plane(ctx)
	if err != nil {
		return err
	}
	l := &runlog.Landscape{Directions: p.names, X: p.xs, Y: p.ys, Path: p.path, Runs: p.runs}
	var rows [][]runlog.Number
	if part != nil && part.Landscape != nil {
		rows = part.Landscape.Loss
	}
	for i := range p.ys {
		if i >= len(rows) {
			row, err := w.examples.Problem.Plane(ctx, p.d, p.e, p.xs, p.ys[i:i+1])
			if err != nil {
				if len(l.Loss) > 0 {
					out.Landscape = l
				}
				return err
			}
			numbers := make([]runlog.Number, len(p.xs))
			for j, loss := range row[0] {
				numbers[j] = runlog.Num(loss)
			}
			rows = append(rows, numbers)
		}
		l.Loss = append(l.Loss, rows[i])
		w.tell(lossWork * float64(len(p.xs)))
	}
	out.Landscape, out.Converged = l, true
	return nil
}

// plane finds the directions and the grid.
func (w *measurer) plane(ctx context.Context) (plane, error) {
	span := w.m.span()
	square := curvature.Grid(-span, span, w.m.Grid)
	switch w.m.Landscape {
	case "filter":
		at, err := w.examples.Problem.Weights()
		if err != nil {
			return plane{}, err
		}
		p := plane{names: []string{"filter-normalised 1", "filter-normalised 2"}, xs: square, ys: square}
		if p.d, err = w.examples.Problem.FilterNormalized(at, recipe.DeriveSeed(w.m.Seed, p.names[0])); err != nil {
			return plane{}, err
		}
		p.e, err = w.examples.Problem.FilterNormalized(at, recipe.DeriveSeed(w.m.Seed, p.names[1]))
		return p, err
	case "line":
		return w.line(span)
	case "pca":
		return w.trajectory(span)
	case runsPlane:
		return w.throughRuns(span)
	}
	r, err := w.topEigenpairs(ctx)
	if err != nil {
		return plane{}, err
	}
	if len(r.Pairs) < 2 {
		return plane{}, fmt.Errorf("a landscape along eigenvectors: %d of them have converged in %d products: want 2; allow "+
			"more products", len(r.Pairs), r.Products)
	}
	return plane{names: []string{"eigenvector 1", "eigenvector 2"}, d: r.Pairs[0].Vector, e: r.Pairs[1].Vector,
		xs: square, ys: square}, nil
}

// line goes from another state, at −1, to this one, at 0.
func (w *measurer) line(span float64) (plane, error) {
	found, err := FindWeights(w.dir, w.m.From)
	if err == nil && (len(found) != 1 || w.m.From == runlog.Last) { // which training that goes on makes another one
		err = fmt.Errorf("measure: a line from %s: want init or epoch:N", w.m.From)
	}
	if err != nil {
		return plane{}, err
	}
	points, err := w.weightsOf([]Weights{found[0], w.state})
	if err != nil {
		return plane{}, err
	}
	d, err := curvature.Difference(points[0], points[1])
	if err != nil {
		return plane{}, err
	}
	if !moved(d) {
		return plane{}, noPlane{fmt.Errorf("a line from %s to %s: these are the same weights: want two states",
			found[0].Name, w.state.Name)}
	}
	return plane{
		names: []string{fmt.Sprintf("checkpoint %s to %s", found[0].Name, w.state.Name)},
		d:     d, xs: curvature.Grid(-1-span, span, w.m.Grid), ys: []float64{0}, path: [][2]float64{{-1, 0}, {0, 0}},
	}, nil
}

func moved(d []float64) bool {
	return slices.ContainsFunc(d, func(x float64) bool { return x != 0 })
}

// trajectory is the plane of the two principal directions of the path of training up to this state.
func (w *measurer) trajectory(span float64) (plane, error) {
	kept, err := snapshots(w.dir)
	if err != nil {
		return plane{}, err
	}
	states := []Weights{InitialWeights}
	for _, s := range kept {
		if s == w.state {
			break
		}
		states = append(states, s)
	}
	points, err := w.weightsOf(append(states, w.state))
	if err != nil {
		return plane{}, err
	}
	points = distinct(points)
	if len(points) < 3 {
		return plane{}, noPlane{fmt.Errorf("the path of training up to there has %d points: want 3 or more: train with "+
			"--keep-every", len(points))}
	}
	t, err := curvature.PrincipalPlane(points, 2)
	if err != nil {
		return plane{}, err
	}
	p := plane{d: t.Directions[0], e: t.Directions[1]}
	for i, share := range t.Explained {
		p.names = append(p.names, fmt.Sprintf("PCA %d (%.0f %% of the path)", i+1, 100*share))
	}
	for _, c := range t.Coordinates {
		p.path = append(p.path, [2]float64{c[0], c[1]})
	}
	p.xs, p.ys = w.around(p.path, 0, span), w.around(p.path, 1, span)
	return p, nil
}

// distinct leaves out the points that are the same as the last one: the last checkpoint may be that of a snapshot.
func distinct(points [][]float64) [][]float64 {
	last := points[len(points)-1]
	var kept [][]float64
	for _, p := range points[:len(points)-1] {
		if d, err := curvature.Difference(p, last); err == nil && moved(d) {
			kept = append(kept, p)
		}
	}
	return append(kept, last)
}

// around is the grid that holds one coordinate of a path with a margin of span times its extent.
func (w *measurer) around(path [][2]float64, axis int, span float64) []float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, point := range path {
		lo, hi = min(lo, point[axis]), max(hi, point[axis])
	}
	margin := span * (hi - lo)
	return curvature.Grid(lo-margin, hi+margin, w.m.Grid)
}

// weightsOf reads the weights of states. The store holds those of the measured state again afterwards.
func (w *measurer) weightsOf(states []Weights) (points [][]float64, err error) {
	for _, s := range append(states[:len(states):len(states)], w.state) {
		if _, err := w.load(s); err != nil {
			return nil, err
		}
		if len(points) == len(states) {
			break
		}
		at, err := w.examples.Problem.Weights()
		if err != nil {
			return nil, err
		}
		points = append(points, at)
	}
	return points, nil
}
