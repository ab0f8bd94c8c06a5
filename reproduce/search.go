package reproduce

import (
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/tuning"
)

// Search is that of the plan: the same draws for every method, each trial on its validation images.
func (p *Plan) Search() tuning.Search {
	base := p.Base
	base.TrainSize, base.ValidationSize = p.TrialTrain, p.Validation
	s := tuning.Search{Recipe: p.Study.Name, Scale: string(p.Scale), Rule: tuning.DrawRule, Base: base}
	for _, family := range p.families() {
		s.Methods = append(s.Methods, family.Label)
	}
	if p.Trials > 0 {
		s.Points = tuning.Draws(base.LearningRate, p.Trials)
	}
	return s
}

// Chosen returns the runs with the settings that a search has chosen, those of Recipes where t is nil. They train on
// the recipe's own images, and are evaluated on the test images once, at the end.
func (p *Plan) Chosen(t *tuning.Tuning) ([]recipe.Recipe, error) {
	if t == nil {
		return p.Recipes()
	}
	var methods []chosen
	for i, family := range p.families() {
		best := t.Methods[i].Best()
		methods = append(methods, chosen{Method{best.Method, family.Seeds}, best.LearningRate})
	}
	return p.recipes(p.chosenBase(), methods)
}

// chosenBase is what the runs with chosen settings have in common.
func (p *Plan) chosenBase() recipe.Recipe {
	base := p.Base
	base.EvaluateEvery = 0
	return base
}
