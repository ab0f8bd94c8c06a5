package measure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Beside lists the directories of the runs that lie beside that of a run and have its seed: other methods, with the
// same first weights and the same data.
func Beside(dir string) ([]string, error) {
	whole, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	folder := filepath.Join(dir, "..")
	names, err := runlog.List(os.DirFS(folder), ".")
	if err != nil {
		return nil, err
	}
	this, err := runlog.ReadRun(dir)
	if err != nil {
		return nil, err
	}
	var beside []string
	for _, name := range names {
		other := filepath.Join(folder, name)
		run, err := runlog.ReadRun(other)
		if err == nil && run.Setup.Seed == this.Setup.Seed && name != filepath.Base(whole) {
			beside = append(beside, other)
		}
	}
	return beside, nil
}

// throughRuns is the plane of the last weights of several runs, seen from those of the measured one: exactly that of
// three, and the one of the two principal directions of more. With two runs the third point is where both began.
func (w *measurer) throughRuns(span float64) (plane, error) {
	states, err := w.lastOf(w.m.Runs)
	if err != nil {
		return plane{}, err
	}
	if len(states) == 1 {
		states = append([]Weights{InitialWeights}, states...)
	}
	const fewest = 2 // beside the measured one
	if len(states) < fewest {
		return plane{}, noPlane{fmt.Errorf("a plane through runs: there is no finished run of the same seed beside %s: want "+
			"one or more, as xsam compare leaves them", w.dir)}
	}
	states = append(states, w.state)
	points, err := w.weightsOf(states)
	if err != nil {
		return plane{}, err
	}
	t, err := curvature.PrincipalPlane(points, 2)
	if err != nil {
		return plane{}, err
	}
	p := plane{d: t.Directions[0], e: t.Directions[1]}
	for i, share := range t.Explained {
		p.names = append(p.names, fmt.Sprintf("runs %d (%.0f %% of their distances)", i+1, 100*share))
	}
	var at [][2]float64
	for i, c := range t.Coordinates {
		at = append(at, [2]float64{c[0], c[1]})
		name := states[i].Name
		if i == len(states)-1 {
			name = w.recipe.Method
		}
		p.runs = append(p.runs, runlog.Place{Name: name, At: at[i]})
	}
	p.xs, p.ys = w.around(at, 0, span), w.around(at, 1, span)
	return p, nil
}

// lastOf are the last weights of runs, under the names of their methods. Those that are not finished are left out with
// a warning; another recipe but for the method is an error, for its loss is another one.
func (w *measurer) lastOf(dirs []string) (states []Weights, err error) {
	for _, dir := range dirs {
		run, err := runlog.ReadRun(dir)
		if err != nil {
			return nil, err
		}
		saved, err := recipe.Read(run)
		if err != nil {
			return nil, err
		}
		other, this := saved.Recipe, w.recipe
		other.Method, this.Method = "", ""
		other.Config, this.Config = xsam.Config{}, xsam.Config{}
		if changed := recipe.Differences(this, other); len(changed) > 0 {
			return nil, fmt.Errorf("a plane through runs: %s is of another recipe (%s): want runs of one comparison", dir,
				strings.Join(changed, ", "))
		}
		if !run.Summary.Finished {
			w.m.Warn(fmt.Sprintf("%s is not finished: it is left out of the plane", dir))
			continue
		}
		id, err := recipe.IdentityOf(run.Raw)
		if err != nil {
			return nil, err
		}
		states = append(states, Weights{Name: saved.Method, folder: runlog.Checkpoints(dir), run: id})
	}
	return states, nil
}

// checkRuns finds what a landscape through runs does not go with.
func (m Options) checkRuns() error {
	switch {
	case m.Landscape != runsPlane || !slices.Contains(m.Measures, runlog.MeasureLandscape):
		return nil
	case m.Norm == "running":
		return errors.New("measure: a landscape through runs with the running averages of batch norm, which are those of " +
			"one run: want norm batch")
	}
	return nil
}

// runsPlane is the name of that landscape.
const runsPlane = "runs"

// runNames are the names of the directories of the runs of a plane, for the record, each with what tells the run apart
// from one that is made there later: the beginning of its identity, and its steps.
func (m Options) runNames() string {
	var names []string
	for _, dir := range m.Runs {
		name := filepath.Base(dir)
		if run, err := runlog.ReadRun(dir); err == nil { // lastOf says what is wrong with others
			if id, err := recipe.IdentityOf(run.Raw); err == nil {
				name = fmt.Sprintf("%s@%.8s.%d", name, id.Sum, run.Summary.Steps)
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, ",")
}
