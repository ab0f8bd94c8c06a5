package reproduce

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/recipe"
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
	Label string // as recipe.Recipe.SetMethod takes it
	Seeds int
}

// Plan is a study at a scale.
type Plan struct {
	Study   Study
	Scale   Scale
	Base    recipe.Recipe // what all runs have in common
	Methods []Method
	// Validation is the number of images that trials of the search hold out, Trials the number of trials of each method.
	Validation, Trials int
	// TrialTrain is the number of images that trials train on, 0 for all but the validation images.
	TrialTrain int
}

// NewPlan returns the plan of a study with the images in dir. seeds, if above 0, replaces the number of seeds of
// every method.
func NewPlan(s Study, scale Scale, dir string, seeds int) (*Plan, error) {
	p := &Plan{Study: s, Scale: scale, Base: recipe.Defaults(s.Data)}
	p.Base.DataDir = dir
	p.Base.WeightDecay = 5e-5
	switch scale {
	case Full:
		p.full()
	case Small:
		p.small()
	default:
		return nil, fmt.Errorf("reproduce: scale %q: want one of %s", scale, strings.Join(Scales, ", "))
	}
	if seeds < 0 {
		return nil, fmt.Errorf("reproduce: %d seeds: want 1 or more, or 0 for the recipe's own", seeds)
	}
	if seeds > 0 {
		if err := recipe.CheckSeeds(0, seeds); err != nil {
			return nil, err
		}
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
	if p.Study.Model == "alexnet" { // it has no norms, and does not train at 0.1
		p.Base.LearningRate = 0.02
	}
	p.Base.EvaluateEvery, p.Base.LambdaEvery = 10, 20
	p.Base.LambdaExamples, p.Base.LambdaBatch = 1024, 256
	p.Methods = []Method{
		{"sgd", ourSeeds}, {"sam", ourSeeds}, {"sam:rho=0.1", paperSeeds},
		{"nsam", ourSeeds}, {"xsam-paper", paperSeeds}, {"xsam-paper:rho=0.1", paperSeeds}, {"xsam", ourSeeds},
		{"xsam-lite", ourSeeds},
	}
	p.Validation, p.Trials = 5000, 8
}

// Recipes returns the runs of the plan: every method for one seed, then for the next, so that a machine that slows
// down slows all methods alike.
func (p *Plan) Recipes() ([]recipe.Recipe, error) {
	return p.recipes(p.Base, p.untuned(p.Methods))
}

// untuned are methods with the plan's learning rate.
func (p *Plan) untuned(methods []Method) (all []chosen) {
	for _, m := range methods {
		all = append(all, chosen{Method: m, rate: p.Base.LearningRate})
	}
	return all
}

// chosen is a method with the learning rate that it trains with.
type chosen struct {
	Method
	rate float64
}

func (p *Plan) recipes(base recipe.Recipe, methods []chosen) ([]recipe.Recipe, error) {
	most := 0
	for _, m := range methods {
		most = max(most, m.Seeds)
	}
	var all []recipe.Recipe
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

// Compared are the methods of the runs: those of the plan, or with tune, which chooses the settings, one of each
// family.
func (p *Plan) Compared(tune bool) []Method {
	if tune {
		return p.families()
	}
	return p.Methods
}

// families are the methods of the plan without the settings in their labels, each once, with the most seeds of any
// variant. A search chooses one setting for each.
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

// CheckData loads the images of the plan and fails, saying where to get them, when they are not there: at the full
// scale all of them, at the small scale as many as it trains, tests and (for a search) validates on.
func (p *Plan) CheckData(tune bool) error {
	o := datasets.Options{Dir: p.Base.DataDir, TrainSize: p.Base.TrainSize, TestSize: p.Base.TestSize,
		Seed: p.Base.DataSeed}
	if tune {
		o.TrainSize, o.ValidationSize = p.TrialTrain, p.Validation
	}
	get := fmt.Sprintf("fetch the images with: xsam data get %s --data-dir DIR", p.Study.Data)
	split, err := datasets.Load(p.Study.Data, o)
	if err != nil {
		return fmt.Errorf("reproduce: %s at the %s scale has no images to run on: %w; %s", p.Study.Name, p.Scale, err, get)
	}
	if p.Scale != Full {
		return nil
	}
	train := p.Study.fullTrain()
	if haveTrain, haveTest := split.Train.Len()+split.Validation.Len(), split.Test.Len(); haveTrain != train ||
		haveTest != fullTest {
		return fmt.Errorf("reproduce: %s at the full scale: the files in %s hold %d images to train on and %d to test "+
			"on, want %d and %d: %s, or run it at the small scale",
			p.Study.Name, p.Base.DataDir, haveTrain, haveTest, train, fullTest, get)
	}
	return nil
}

// smallBudget is the estimated time to which a small plan is sized. It leaves little of half an hour for what the
// estimate does not know.
const smallBudget = 28 * time.Minute

// small sets the small scale: the model of Study.Small, a fixed number of images, and as many epochs as the budget
// allows by counted work (cost.go), whatever the number of seeds that is asked for later. One ρ, 0.05, batch 32.
//
//	resnet8          1,000 images, 1,000 to test on
//	alexnet-narrow   2,000 images, 1,000 to test on
//	vgg11-bn-narrow  600 images, 500 to test on
//	wrn16-1          600 images, 500 to test on
//
// λmax (on 64 training images) and test accuracy are measured after every third of the epochs, rounded up, and at the
// end.
func (p *Plan) small() {
	b := &p.Base
	b.Model, b.Batch, b.LearningRate = p.Study.Small, 32, 0.05
	b.TrainSize, b.TestSize, b.LambdaExamples = 1000, 1000, 64
	switch b.Model {
	case "alexnet-narrow":
		b.TrainSize, b.LearningRate = 2000, 0.02
	case "vgg11-bn-narrow":
		// Five epochs of plain descent on Fashion-MNIST end at training losses of 0.14, 0.18 and 0.24 with this learning
		// rate, 0.38, 0.41 and 0.40 with 0.05, and 1.6 with 0.1.
		b.TrainSize, b.TestSize, b.LearningRate = 600, 500, 0.02
	case "wrn16-1":
		b.TrainSize, b.TestSize = 600, 500
	}
	b.LambdaBatch, b.LambdaTolerance, b.LambdaProducts = b.LambdaExamples, 2e-2, 40
	p.Methods = []Method{{"sgd", ourSeeds}, {"sam", ourSeeds}, {"nsam", ourSeeds}, {"xsam-paper", paperSeeds}, {"xsam",
		ourSeeds}, {"xsam-lite", ourSeeds}}
	p.Validation, p.Trials, p.TrialTrain = 1000, 5, b.TrainSize

	for epochs := 3; epochs <= 30; epochs++ {
		longer := *p
		longer.Base.Epochs = epochs
		longer.Base.LambdaEvery = (epochs + 2) / 3
		longer.Base.EvaluateEvery = longer.Base.LambdaEvery
		if epochs > 3 && longer.Time(false) > smallBudget {
			break
		}
		*b = longer.Base
	}
}
