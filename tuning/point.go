package tuning

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/recipe"
)

// Point is one setting of a search, the same for every method, which takes of it what it has.
type Point struct {
	Rate   float64           // learning rate
	Values map[string]string // parameters of methods, by name
	Fields map[string]string // fields of the recipe, by flag
}

// The ranges of Draws. The learning rate goes from an eighth to eight times that of the recipe: a unit gradient wants
// another one.
const (
	drawSeed = 1 // of the sequence

	rateFactor          = 8
	rhoLow, rhoHigh     = 0.02, 0.4
	alphaLow, alphaHigh = 0.05, 1
)

// DrawRule says for tune.json how Draws and Choose go.
const DrawRule = "trial 0 is the recipe's own settings; the others are a seeded Latin hypercube that all " +
	"methods share: " +
	"lr log-uniform in [lr/8, 8 lr], rho log-uniform in [0.02, 0.4], alpha log-uniform in [0.05, 1]; xsam-lite takes " +
	"rho as its probe radius. " + chooseRule

// GridRule says the same of Grid.
const GridRule = "every combination of the swept values, for each method that has them; a method without ρ takes it " +
	"as its probe radius. " + chooseRule

const chooseRule = "The trial with the highest validation accuracy is chosen, among equals the one with the lowest " +
	"validation loss, then the first. No trial is evaluated on the test images."

// Draws returns the recipe's own settings and n − 1 others: a seeded Latin hypercube, the same for every method, in
// which the learning rate, ρ and α have one value in each of n − 1 parts of their ranges, equal on the logarithm and
// rounded to three digits, so that few trials reach both ends of each. CheckTrials says how many there can be.
func Draws(rate float64, n int) []Point {
	all := []Point{{Rate: rate}}
	n--
	random := rand.New(rand.NewPCG(drawSeed, 0))
	values := func(low, high float64) []float64 {
		drawn := make([]float64, n)
		for i, part := range random.Perm(n) {
			drawn[i] = Round(low * math.Pow(high/low, (float64(part)+random.Float64())/float64(n)))
		}
		return drawn
	}
	rates, rhos, alphas := values(rate/rateFactor, rate*rateFactor), values(rhoLow, rhoHigh), values(alphaLow, alphaHigh)
	for i := range n {
		all = append(all, Point{Rate: rates[i], Values: map[string]string{"rho": text(rhos[i]), "alpha": text(alphas[i])}})
	}
	return all
}

// Round keeps three significant digits.
func Round(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	if err != nil {
		return x
	}
	return y
}

func text(x float64) string { return fmt.Sprintf("%g", x) }

// Grid returns every combination of swept values, each "name=value,value,…": a parameter of methods, or a field of the
// recipe about the training. rate is the learning rate where lr is not swept.
func Grid(rate float64, sweeps []string) ([]Point, error) {
	all := []Point{{Rate: rate, Values: map[string]string{}, Fields: map[string]string{}}}
	seen := map[string]bool{}
	for _, sweep := range sweeps {
		name, list, ok := strings.Cut(sweep, "=")
		if !ok || list == "" || seen[name] {
			return nil, fmt.Errorf("tuning: sweep %q: want name=value,value,… and each name once, as in rho=0.05,0.1", sweep)
		}
		seen[name] = true
		if err := CheckTrials(len(all) * (1 + strings.Count(list, ","))); err != nil {
			return nil, fmt.Errorf("%w: leave values of --sweep %s out", err, name)
		}
		var more []Point
		for _, p := range all {
			for _, value := range strings.Split(list, ",") {
				next := Point{p.Rate, maps.Clone(p.Values), maps.Clone(p.Fields)}
				if err := next.set(name, value); err != nil {
					return nil, err
				}
				more = append(more, next)
			}
		}
		all = more
	}
	return all, nil
}

// set gives a point the value of a parameter or a field.
func (p *Point) set(name, value string) (err error) {
	_, isParameter := parameter.Find(name)
	switch {
	case value == "":
		err = fmt.Errorf("tuning: sweep of %s has an empty value: want numbers with commas", name)
	case isParameter:
		p.Values[name] = value
	case name == "lr":
		if p.Rate, err = strconv.ParseFloat(value, 64); err != nil {
			err = fmt.Errorf("tuning: sweep lr=%s: want a number", value)
		}
	default:
		p.Fields[name] = value
		err = apply(&recipe.Recipe{}, p.Fields)
	}
	return err
}

// Label is a method with as much of the point as it has. ρ is the probe radius of a method without ascents.
func (p Point) Label(method string) string {
	parts := []string{method}
	for _, name := range parameter.Names() {
		value, given := p.Values[name]
		_, radius := p.Values["probe-radius"]
		switch {
		case !given:
		case parameter.Has(method, name):
			parts = append(parts, name+"="+value)
		case name == "rho" && parameter.Has(method, "probe-radius") && !radius:
			parts = append(parts, "probe-radius="+value)
		}
	}
	return strings.Join(parts, ":")
}

// apply sets fields of the recipe.
func apply(r *recipe.Recipe, fields map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		i := slices.IndexFunc(recipe.Fields, func(f recipe.Field) bool {
			return f.Flag == name && (f.Group == recipe.BaseGroup || f.Flag == "batch" || f.Flag == "epochs")
		})
		if i < 0 {
			return fmt.Errorf("tuning: %q cannot be swept: want lr, batch, epochs, another flag of the base optimizer, or one "+
				"of %s", name, strings.Join(parameter.Names(), ", "))
		}
		if err := recipe.Fields[i].Set(r, fields[name]); err != nil {
			return err
		}
	}
	return nil
}

// fieldsText names fields in one word: "batch=32 momentum=0.5".
func fieldsText(fields map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, name+"="+fields[name])
	}
	return strings.Join(parts, " ")
}
