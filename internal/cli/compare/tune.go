package compare

import (
	"maps"
	"strings"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/tuning"
)

// search is the tuning that comes before the runs, nil where none is asked for. The runs themselves hold no validation
// images out.
func (o *options) search(c *recipe.Comparison) (*tuning.Search, error) {
	if c.Tune == 0 && len(c.Sweep) == 0 {
		return nil, nil
	}
	s := &tuning.Search{Recipe: c.Recipe.DataTitle() + "-" + c.Recipe.ModelTitle(), Base: c.Recipe, Methods: c.Methods,
		Settings: c.Settings}
	switch {
	case c.Tune < 0:
		return nil, exit.Usagef("--tune %d: want 1 or more trials of each method", c.Tune)
	case c.Tune > 0 && len(c.Sweep) > 0:
		return nil, exit.Usagef("--tune with --sweep: the one draws settings, the other says which: want one of them")
	case c.Tune > 0:
		if err := tuning.CheckTrials(c.Tune); err != nil {
			return nil, exit.Usage(err)
		}
		s.Rule, s.Points = tuning.DrawRule, tuning.Draws(c.Recipe.LearningRate, c.Tune)
		for _, p := range s.Points { // what was given is not drawn
			maps.DeleteFunc(p.Values, func(name, _ string) bool { _, given := c.Settings[name]; return given })
		}
	default:
		points, err := tuning.Grid(c.Recipe.LearningRate, c.Sweep)
		if err != nil {
			return nil, exit.Usage(err)
		}
		s.Rule, s.Points = tuning.GridRule, points
	}
	if err := o.recipe.CheckNoAuto("--tune and --sweep"); err != nil {
		return nil, err
	}
	for _, m := range c.Methods {
		if name, _, set := strings.Cut(m, ":"); set {
			return nil, exit.Usagef("--methods %s with --tune or --sweep, which choose the settings: want %s, or the setting "+
				"as a flag", m, name)
		}
	}
	if err := tuning.HoldOut(&s.Base); err != nil {
		return nil, err
	}
	c.Recipe.ValidationSize, c.Recipe.EvaluateEvery = 0, 0 // tested once, at the end
	if _, err := s.Plan(); err != nil {
		return nil, exit.Usage(err)
	}
	return s, nil
}

// chosen returns the runs with the settings that were chosen, every method for one seed, then for the next, and gives
// the comparison their names.
func chosen(c *recipe.Comparison, t *tuning.Tuning) (recipes []recipe.Recipe, err error) {
	var methods []string
	for seed := range int64(c.Seeds) {
		methods = nil
		for _, m := range t.Methods {
			r := c.Recipe
			r.Seed = c.Seed + seed
			if err := m.Best().Set(&r, c.Settings); err != nil {
				return nil, err
			}
			methods, recipes = append(methods, r.Method), append(recipes, r)
		}
	}
	c.Methods = methods
	return recipes, nil
}
