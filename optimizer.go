package xsam

import (
	"errors"
	"fmt"
	"sync"
	"weak"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
	"github.com/xsam-go/xsam/objective"
)

// Optimizer is X-SAM around a base optimizer. It implements GoMLX's optimizer.Interface; what it keeps between steps is
// in the store, so that it may be shared and checkpoints carry everything.
//
// It does not take gradients from outside (train.OptimizeWithGradients), on purpose: Trainer.AccumulateGradients, which
// would skip the second pass, then says so. Accumulate does not.
type Optimizer struct {
	objective *forward.Objective // nil: whichever the graph was built for
	base      base
	config    Config
	scope     string // where its state is in a store
	number    uint64 // its own, from 1

	mu       sync.Mutex
	trackers map[weak.Pointer[model.Store]]*tracker
	owned    map[weak.Pointer[model.Store]]bool // stores that it has owned (owner.go)
}

// base is an optimizer that takes gradients: GoMLX's SGD, Adam, AdamW, RMSProp and those of package optim.
type base interface {
	optimizer.Interface
	train.OptimizeWithGradients
}

var _ optimizer.Interface = (*Optimizer)(nil)

// New returns X-SAM around a base optimizer, for the model and loss of obj: pass obj.ModelFn and obj.LossFn to
// train.NewTrainer, and wrap the training data in Schedule.
//
// It fails when config is out of range or base does not take gradients.
func New(obj *objective.Objective, base optimizer.Interface, config Config) (*Optimizer, error) {
	if obj == nil {
		return nil, errors.New("xsam: New without an objective: make one with objective.New(modelFn, lossFn)")
	}
	return newOptimizer(obj.Objective, base, config)
}

func newOptimizer(obj *forward.Objective, inner optimizer.Interface, config Config) (*Optimizer, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	b, ok := inner.(base)
	if !ok {
		return nil, fmt.Errorf("xsam: base optimizer %T does not take gradients: "+
			"want one with UpdateGraphWithGradients, such as optim.SGD or optimizer.Adam", inner)
	}
	if err := checkMomentum(b, config); err != nil {
		return nil, err
	}
	if config.From == LastFifth {
		return nil, fmt.Errorf("xsam: Config.From = LastFifth: of how many steps? want Config.ForRun(steps), or a step")
	}
	if config.MaxLambda < 0 {
		return nil, fmt.Errorf("xsam: Config.MaxLambda = %v: of which edge? want Config.UnderEdge(2/η), or a number",
			config.MaxLambda)
	}
	return inScope(Scope, obj, b, config), nil
}

func inScope(scope string, obj *forward.Objective, b base, config Config) *Optimizer {
	return &Optimizer{objective: obj, base: b, config: config, scope: scope, number: optimizers.Add(1),
		trackers: map[weak.Pointer[model.Store]]*tracker{}, owned: map[weak.Pointer[model.Store]]bool{}}
}

// Config returns the configuration that New was given.
func (o *Optimizer) Config() Config { return o.config }

// UpdateGraph builds one step; it implements optimizer.Interface.
func (o *Optimizer) UpdateGraph(scope *model.Scope, gr *graph.Graph, loss *graph.Node) {
	s := o.begin(scope, gr)

	g, ok := s.gradients(loss) // g_adv: ∇L(w), ε, ∇L(w + ε); or one of the pair ∇L(w ± r v)
	if !ok {
		return // further micro-batches of this step are to come
	}
	g = s.reuse(g)                     // in plain steps, what the last ascent found
	d := s.eigenvector(g)              // v, λ, dλ/dv
	h, c := s.setLength(g, d)          // h: g_adv, of the length that is asked for
	corrected := s.correct(g, h, c, d) // g̃ = h − α|⟨h, v⟩|v
	forward.SetPoint(s.vars, s.start)  // the update starts at w, or at what the model itself made of it
	s.keep(g, d)                       // for the next step, and for Stats
	s.update(corrected, loss.DType())  // w ← base optimizer(w, g̃)
}

// update hands g̃ to the base optimizer.
func (s *step) update(corrected []*graph.Node, lossDType dtypes.DType) {
	inOrder := forward.InStoreOrder(s.scope, s.g, s.vars, paramvec.Like(s.w, corrected))
	s.optimizer.base.UpdateGraphWithGradients(s.scope, inOrder, lossDType)
}

// Clear deletes everything that the optimizer and its base keep in the store; it implements optimizer.Interface.
func (o *Optimizer) Clear(scope *model.Scope) error {
	if err := scope.Store().DeleteVariablesInScope(o.scope); err != nil {
		return err
	}
	return o.base.Clear(scope)
}
