package recipes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/experiment"
)

// Scale is how much of a study is run.
type Scale string

const (
	// Full is the paper's experiment: its models, all images, 200 epochs.
	Full Scale = "full"
	// Small is the same comparison with a smaller model of the same kind, fewer images and fewer epochs.
	Small Scale = "small"
)

// Scales lists the scales.
var Scales = []string{string(Full), string(Small)}

// The numbers of seeds: the paper's, and ours, since three pairs can hardly tell anything apart.
const (
	paperSeeds = 3
	ourSeeds   = 5
)

// Method is a method of a plan and the number of its seeds, 0, 1, ….
type Method struct {
	Label string // as experiment.Recipe.SetMethod takes it
	Seeds int
}

// Plan is a study at a scale.
type Plan struct {
	Study   Study
	Scale   Scale
	Base    experiment.Recipe // what all runs have in common
	Methods []Method
	// Validation is the number of images that trials of the search hold out, Trials the number of trials of each method.
	Validation, Trials int
	// TrialTrain is the number of images that trials train on, 0 for all but the validation images.
	TrialTrain int
}

// NewPlan returns the plan of a study with the images in dir. seeds, if above 0, replaces the number of seeds of every method.
func NewPlan(s Study, scale Scale, dir string, seeds int) (*Plan, error) {
	p := &Plan{Study: s, Scale: scale, Base: experiment.Defaults(s.Data)}
	p.Base.DataDir = dir
	p.Base.WeightDecay = 5e-5
	switch scale {
	case Full:
		p.full()
	case Small:
		p.small()
	default:
		return nil, fmt.Errorf("recipes: scale %q: want one of %s", scale, strings.Join(Scales, ", "))
	}
	if seeds < 0 {
		return nil, fmt.Errorf("recipes: %d seeds: want 1 or more, or 0 for the recipe's own", seeds)
	}
	for i := range p.Methods {
		if seeds > 0 {
			p.Methods[i].Seeds = seeds
		}
	}
	return p, nil
}

// full sets the paper's scale.
func (p *Plan) full() {
	p.Base.Model, p.Base.Epochs, p.Base.Batch, p.Base.Augment = p.Study.Model, 200, 256, true
	p.Base.LearningRate = 0.1
	switch p.Study.Model {
	case "alexnet": // it has no norms, and does not train at 0.1
		p.Base.LearningRate = 0.02
	case "vgg11-bn":
		// Four epochs of vgg11-bn-narrow on 8,000 images of Fashion-MNIST at this batch end at training losses of 0.46,
		// 0.42, 0.49 and 1.06 with 0.02, 0.05, 0.1 and 0.2.
		p.Base.LearningRate = 0.05
	}
	p.Base.EvaluateEvery, p.Base.LambdaEvery = 10, 20
	p.Base.LambdaExamples, p.Base.LambdaBatch = 1024, 256
	p.Methods = []Method{
		{"sgd", ourSeeds}, {"sam", ourSeeds}, {"sam:rho=0.1", paperSeeds},
		{"nsam", ourSeeds}, {"xsam-paper", paperSeeds}, {"xsam-paper:rho=0.1", paperSeeds}, {"xsam", ourSeeds}, {"xsam-lite", ourSeeds},
	}
	p.Validation, p.Trials = 5000, 8
}

// Recipes returns the runs of the plan: every method for one seed, then for the next, so that a machine that slows down slows
// all methods alike.
func (p *Plan) Recipes() ([]experiment.Recipe, error) {
	var all []chosen
	for _, m := range p.Methods {
		all = append(all, chosen{Method: m, rate: p.Base.LearningRate})
	}
	return p.recipes(p.Base, all)
}

// chosen is a method with the learning rate that it trains with.
type chosen struct {
	Method
	rate float64
}

func (p *Plan) recipes(base experiment.Recipe, methods []chosen) ([]experiment.Recipe, error) {
	most := 0
	for _, m := range methods {
		most = max(most, m.Seeds)
	}
	var all []experiment.Recipe
	for seed := range most {
		for _, m := range methods {
			if seed >= m.Seeds {
				continue
			}
			r := base
			r.Seed, r.LearningRate = int64(seed), m.rate
			if err := r.SetMethod(m.Label, nil); err != nil {
				return nil, err
			}
			if err := r.Validate(); err != nil {
				return nil, err
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// families are the methods of the plan without the settings in their labels, each once, with the most seeds of any variant.
// A search chooses one setting for each.
func (p *Plan) families() []Method {
	var all []Method
	for _, m := range p.Methods {
		name, _, _ := strings.Cut(m.Label, ":")
		i := slices.IndexFunc(all, func(f Method) bool { return f.Label == name })
		if i < 0 {
			all = append(all, Method{name, m.Seeds})
			continue
		}
		all[i].Seeds = max(all[i].Seeds, m.Seeds)
	}
	return all
}
