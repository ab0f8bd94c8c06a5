package experiment

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"time"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// queue makes runs in turn.
type queue struct {
	engine  *backend.Engine
	options Options
	clock   *clock
	recipes []recipe.Recipe

	build func(recipe.Recipe) (*program.Program, error) // of a study; nil for recipes of the command

	data     *datasets.Split // of the newest run, for the next
	dataOf   recipe.Recipe
	programs map[string]*program.Program // for the runs that are left
}

// newQueue returns a queue of runs of the command's recipes.
func newQueue(engine *backend.Engine, recipes []recipe.Recipe, options Options) *queue {
	return &queue{engine: engine, options: options, clock: newClock(recipes), recipes: recipes,
		programs: map[string]*program.Program{}}
}

// run makes the index-th run.
func (q *queue) run(ctx context.Context, index int, dir string) (summary runlog.Summary, err error) {
	r := q.recipes[index]
	q.clock.run = index
	progress := q.progress(index, dir)
	skip := func(finished runlog.Summary, err error) (runlog.Summary, error) {
		q.clock.skip(1)
		progress.Stage = Skipped
		q.options.Progress(progress)
		return finished, err
	}
	if err := runlog.Claimed(dir, runlog.ClaimFile); err != nil { // before anything is built
		return runlog.Summary{}, err
	}
	finished, err := q.admit(r, dir)
	if finished != nil {
		return skip(*finished, err)
	}
	if err != nil {
		return runlog.Summary{}, err
	}
	q.options.Progress(progress)
	p, err := q.program(r)
	if err != nil {
		return runlog.Summary{}, err
	}
	s := q.session(p, index, dir)
	defer func() {
		err = errors.Join(err, s.close(), q.giveBack(p, index, s.restored))
	}()
	if err := s.claim(); err != nil {
		return runlog.Summary{}, err
	}
	finished, err = q.admit(r, dir) // another process may have come in between
	if finished != nil {
		return skip(*finished, err)
	}
	if err == nil {
		err = q.options.Begin()
	}
	if err == nil {
		err = q.prepare(r, dir)
	}
	if err != nil {
		return runlog.Summary{}, err
	}
	if err := s.open(); err != nil {
		return runlog.Summary{}, err
	}
	return s.run(ctx)
}

// session is the index-th run, before it has a claim on its directory.
func (q *queue) session(p *program.Program, index int, dir string) *session {
	s := &session{
		Program: p, recipe: q.recipes[index], dir: dir, options: q.options, clock: q.clock, progress: q.progress(index, dir),
		started: time.Now(), saved: time.Now(), timed: map[string]bool{},
	}
	s.progress.Steps = p.Steps
	return s
}

// progress is that of the index-th run before it begins.
func (q *queue) progress(index int, dir string) Progress {
	r := q.recipes[index]
	return Progress{
		Run: index + 1, Runs: len(q.recipes), Name: filepath.Base(dir), Stage: Preparing, Epochs: r.Epochs,
		Loss: math.NaN(), TestAccuracy: math.NaN(), Lambda: math.NaN(), AngleDeg: math.NaN(), Remaining: -1,
		Validating: r.ValidationSize > 0,
	}
}

// close frees the programs that are left.
func (q *queue) close() (err error) {
	for _, p := range q.programs {
		err = errors.Join(err, p.Close())
	}
	return err
}

// sharedBytes is the memory of variables up to which a program is kept for the next run of its method. Above it
// training takes so much longer than compiling that sharing is not worth the memory.
const sharedBytes = 64 << 20

// program returns one for the recipe, that of an earlier run where there is one.
func (q *queue) program(r recipe.Recipe) (*program.Program, error) {
	key, err := program.Key(r)
	if err != nil {
		return nil, err
	}
	if p, ok := q.programs[key]; ok {
		return p, nil
	}
	build := q.build
	if build == nil {
		build = q.fromRecipe
	}
	p, err := build(r)
	if err != nil {
		return nil, err
	}
	q.programs[key] = p
	return p, nil
}

// fromRecipe builds the program of a recipe of the command.
func (q *queue) fromRecipe(r recipe.Recipe) (*program.Program, error) {
	data, err := q.load(r)
	if err != nil {
		return nil, err
	}
	return program.New(q.engine, r, data, q.options.Devices)
}

// giveBack keeps the program of the index-th run when a later run wants it, and closes it otherwise.
func (q *queue) giveBack(p *program.Program, index int, restored bool) error {
	key, err := program.Key(q.recipes[index])
	if err != nil {
		return err
	}
	for _, later := range q.recipes[index+1:] {
		if k, err := program.Key(later); err == nil && k == key && p.Reusable(restored) && p.Store.ByteSize() <= sharedBytes {
			return nil
		}
	}
	delete(q.programs, key)
	return p.Close()
}

// load returns the data of a recipe, that of the last run if it is the same.
func (q *queue) load(r recipe.Recipe) (*datasets.Split, error) {
	if q.data != nil && q.dataOf.Data == r.Data && q.dataOf.DataOptions() == r.DataOptions() {
		return q.data, nil
	}
	split, err := datasets.Load(r.Data, r.DataOptions())
	if err != nil {
		return nil, err
	}
	q.data, q.dataOf = split, r
	return split, nil
}
