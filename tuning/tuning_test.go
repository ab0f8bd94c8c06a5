package tuning

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

func TestChoose(t *testing.T) {
	num := runlog.Num
	tests := []struct {
		name   string
		trials []Trial
		want   int // −1 for an error
	}{
		{"the highest accuracy", []Trial{{ValidationAccuracy: num(0.5)}, {ValidationAccuracy: num(0.7)},
			{ValidationAccuracy: num(0.6)}}, 1},
		{"among equals the lowest loss", []Trial{{ValidationAccuracy: num(0.5), ValidationLoss: num(2)},
			{ValidationAccuracy: num(0.5), ValidationLoss: num(1)}}, 1},
		{"among equals the first", []Trial{{ValidationAccuracy: num(0.5), ValidationLoss: num(1)},
			{ValidationAccuracy: num(0.5), ValidationLoss: num(1)}}, 0},
		{"not one that diverged", []Trial{{ValidationAccuracy: num(0.9), Stopped: "the loss is NaN at step 3"},
			{ValidationAccuracy: num(0.1)}}, 1},
		{"of a regression the lowest loss", []Trial{{ValidationLoss: num(0.5)}, {ValidationLoss: num(0.4)},
			{ValidationLoss: num(0.6)}}, 1},
		{"none", []Trial{{Stopped: "the loss is NaN at step 3"}}, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := choose(tt.trials)
			if (err != nil) != (tt.want < 0) || (err == nil && got != tt.want) {
				t.Errorf("choose = %d, %v, want %d", got, err, tt.want)
			}
		})
	}
}

// A summary with a test accuracy changes nothing of what the choice sees.
func TestTestAccuracyDoesNotReachTheChoice(t *testing.T) {
	s := runlog.Summary{ValidationAccuracy: runlog.Num(0.5), ValidationLoss: runlog.Num(1)}
	poisoned := s
	poisoned.TestAccuracy, poisoned.TestLoss = runlog.Num(1), runlog.Num(0)
	if a, b := newTrial(Planned{}, s), newTrial(Planned{}, poisoned); a != b {
		t.Errorf("trial %+v becomes %+v", a, b)
	}
}

func TestDraws(t *testing.T) {
	number := func(text string) float64 {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	draws := Draws(0.1, 201)
	if len(draws) != 201 || draws[0].Rate != 0.1 || draws[0].Values != nil {
		t.Errorf("%d draws, the first %+v, want 201, and the recipe's own first", len(draws), draws[0])
	}
	for _, d := range draws[1:] {
		rho, alpha := number(d.Values["rho"]), number(d.Values["alpha"])
		if !(d.Rate >= 0.0125 && d.Rate <= 0.8 && rho >= 0.02 && rho <= 0.4 && alpha >= 0.05 && alpha <= 1) {
			t.Errorf("draw %+v is out of range", d)
		}
	}
	d := Point{Rate: 0.1, Values: map[string]string{"rho": "0.2", "alpha": "0.3"}}
	for method, want := range map[string]string{
		"sgd": "sgd", "sam": "sam:rho=0.2", "xsam": "xsam:rho=0.2:alpha=0.3",
		"xsam-lite": "xsam-lite:probe-radius=0.2:alpha=0.3",
	} {
		if got := d.Label(method); got != want {
			t.Errorf("label of %s: %s, want %s", method, got, want)
		}
	}
}

// A grid has every combination; a method is tried once with what it has of it.
func TestGrid(t *testing.T) {
	points, err := Grid(0.1, []string{"rho=0.05,0.1,0.2", "lr=0.01,0.02", "batch=8"})
	if err != nil || len(points) != 6 {
		t.Fatalf("%d points, %v, want 6", len(points), err)
	}
	base := recipe.Defaults("glyphs")
	base.ValidationSize = 10
	planned, err := Search{Base: base, Methods: []string{"sgd", "sam"}, Points: points}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range planned {
		got = append(got, fmt.Sprintf("%s %g %s %d", p.Recipe.Method, p.Recipe.LearningRate, p.Fields, p.Recipe.Batch))
	}
	want := []string{"sgd 0.01 batch=8 8", "sam:rho=0.05 0.01 batch=8 8", "sgd 0.02 batch=8 8", "sam:rho=0.05 0.02 batch=8 8",
		"sam:rho=0.1 0.01 batch=8 8", "sam:rho=0.1 0.02 batch=8 8", "sam:rho=0.2 0.01 batch=8 8",
		"sam:rho=0.2 0.02 batch=8 8"}
	if !slices.Equal(got, want) {
		t.Errorf("trials\n%q, want\n%q", got, want)
	}
	r := base
	if err := (Trial{Method: "sam:rho=0.2", LearningRate: 0.02, Fields: "batch=8"}).Set(&r, nil); err != nil ||
		r.Batch != 8 || r.LearningRate != 0.02 || r.Rho != 0.2 {
		t.Errorf("the chosen recipe is %+v, %v", r, err)
	}
	for _, sweep := range []string{"rho", "rho=", "rho=1,,2", "model=cnn", "lr=fast", "batch=many", "nonsense=1"} {
		if _, err := Grid(0.1, []string{sweep}); err == nil {
			t.Errorf("Grid(%q) has no error", sweep)
		}
	}
	if _, err := Grid(0.1, []string{"lr=1", "lr=2"}); err == nil {
		t.Error("a name twice has no error")
	}
}

// A trial of two seeds is judged by their mean, and not at all where one of them diverged.
func TestSeedsOfATrial(t *testing.T) {
	base := recipe.Defaults("glyphs")
	base.ValidationSize = 10
	s := Search{Base: base, Methods: []string{"sgd", "sam"}, Points: Draws(0.1, 3), Seeds: 2}
	accuracy := map[string][]float64{"sgd": {0.5, 0.5, 0.9, 0.2, 0.6, 0.6}, "sam": {0.1, 0.2, 0.3, 0.3, 0.9, 0.9}}
	made := map[string]bool{}
	out := t.TempDir()
	got, err := s.Run(func(recipes []recipe.Recipe, dirs []string) ([]runlog.Summary, error) {
		all := make([]runlog.Summary, len(recipes))
		for i, r := range recipes {
			made[dirs[i]] = true
			method, _, _ := strings.Cut(r.Method, ":")
			all[i].ValidationAccuracy = runlog.Num(accuracy[method][0])
			if accuracy[method] = accuracy[method][1:]; method == "sam" && len(accuracy[method]) == 0 {
				all[i].Stopped = "the loss is NaN at step 3"
			}
			if want := int64(trialSeed + i%2); r.Seed != want {
				t.Errorf("run %d has seed %d, want %d", i, r.Seed, want)
			}
		}
		return all, nil
	}, out)
	if err != nil {
		t.Fatal(err)
	}
	sgd, sam := got.Methods[0].Best(), got.Methods[1].Best()
	if len(made) != 12 || sgd.Trial != 2 || sgd.Seeds != 2 || sgd.ValidationAccuracy.Float() != 0.6 || sam.Trial != 1 {
		t.Errorf("%d folders, chosen %+v and %+v, want 12, trial 2 with mean 0.6, trial 1", len(made), sgd, sam)
	}
}
