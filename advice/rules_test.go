package advice

import (
	"math"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// outcome is that of two seeds with these validation losses; NaN for one that diverged.
func outcome(rate, first, second float64) Outcome {
	o := Outcome{Rate: rate}
	for _, loss := range []float64{first, second} {
		o.add(runlog.Summary{ValidationLoss: runlog.Num(loss), Diverged: math.IsNaN(loss),
			TrainAccuracy: runlog.Num(0.9), ValidationAccuracy: runlog.Num(0.9)})
	}
	return o
}

// facts are those of plain descent at the rate 0.1, whose edge of stability is 2/0.1 = 20; a change is laid over them.
func facts(change func(*Facts)) Facts {
	f := Facts{Recipe: recipe.Defaults("glyphs"), Usual: 1, Rates: []Outcome{
		outcome(0.0333, 0.9, 1), outcome(0.1, 0.5, 0.6), outcome(0.3, 0.55, 0.7),
	}, Lite: outcome(0.1, 0.55, 0.65), Labels: Labels{Sure: 300, Least: 0.8}}
	f.Recipe.LearningRate, f.Recipe.Momentum = 0.1, 0
	if change != nil {
		change(&f)
	}
	return f
}

// lambdas are the measurements of two seeds, at the same two steps each.
func lambdas(f *Facts, values ...float64) {
	for i, lambda := range values {
		f.Lambdas = append(f.Lambdas, Look{Step: int64(10 * (i%2 + 1)), Lambda: lambda, Rate: 0.1, Share: lambda / 20})
	}
}

func noisyLabels(f *Facts) { f.Labels.Contradicted = 60 }

func TestRules(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		name   string
		rule   func(Facts) Sentence
		change func(*Facts)
		known  bool
		try    float64 // 0 for none
		want   string
	}{
		{"λ 8 and 10 of 20 in their seeds", edge, func(f *Facts) { lambdas(f, 8, 1, 2, 10) }, true, 0,
			"near it: λmax is 0.4 to 0.5 of the edge"},
		{"λ up to 2 of 20", edge, func(f *Facts) { lambdas(f, 1, 2, 2, 1) }, true, 0, "not near it: λmax is 0.1 to 0.1"},
		{"the highest λ where the rate is low", edge, func(f *Facts) {
			lambdas(f, 8, 1, 8, 1)
			f.Lambdas[1].Lambda = 500
		}, true, 0, "λmax up to 500"},
		{"one seed near, one far", edge, func(f *Facts) { lambdas(f, 8, 1, 2, 1) }, false, 0, "0.1 to 0.4"},
		{"sgd diverged", edge, func(f *Facts) { f.Rates[1] = outcome(0.1, 0.5, nan) }, true, 0, "beyond it"},
		{"adamw has no edge", edge, func(f *Facts) { f.Recipe.Optimizer = "adamw" }, false, 0, "no such number"},
		{"nothing measured", edge, nil, false, 0, "could not be measured"},

		{"seeds overlap", rate, nil, false, 0, "no more than two seeds do"},
		{"the usual rate is best", rate, func(f *Facts) { f.Rates[2] = outcome(0.3, 0.7, 0.8) }, true, 0.1,
			"better than a third"},
		{"a higher rate is best", rate, func(f *Facts) { f.Rates[2] = outcome(0.3, 0.3, 0.4) }, true, 0.3, "better than 0.1"},
		{"a higher rate is best, with noise", rate, func(f *Facts) { f.Rates[2] = outcome(0.3, 0.3, 0.4); noisyLabels(f) },
			false, 0, "learns wrong labels faster"},
		{"the usual is best, with noise", rate, func(f *Facts) { f.Rates[2] = outcome(0.3, 0.7, 0.8); noisyLabels(f) }, false,
			0, "learns wrong labels faster"},
		{"a lower rate is best, with noise", rate, func(f *Facts) { f.Rates[0] = outcome(0.0333, 0.3, 0.4); noisyLabels(f) },
			true, 0.0333, "better than 0.1"},
		{"the usual rate diverges", rate, func(f *Facts) { f.Rates[1] = outcome(0.1, 0.1, nan); noisyLabels(f) }, true, 0.3,
			"does not learn at 0.1"},
		{"all diverge", rate, func(f *Facts) { f.Rates = []Outcome{outcome(0.1, nan, nan)}; f.Usual = 0 }, false, 0,
			"at none of the rates"},

		// 60 of 300: 20 %, by Clopper and Pearson from 15.6 to 25.0; 0 of 300: to 1.2.
		{"a fifth contradicted", noise, noisyLabels, true, 0, "60 of the 300"},
		{"a fifth contradicted by nets that are not sure", noise, func(f *Facts) { noisyLabels(f); f.Labels.Least = 0.4 },
			false, 0, "probabilities from 0.40 on"},
		{"none contradicted", noise, nil, true, 0, "interval 0.0 to 1.2"},
		{"15 of 300 may be noise", noise, func(f *Facts) { f.Labels.Contradicted = 15 }, false, 0, "15 of the 300"},
		{"known by heart", noise, func(f *Facts) {
			f.Rates[1].TrainAccuracy = []runlog.Number{runlog.Num(1), runlog.Num(1)}
			f.Rates[1].ValidationAccuracy = []runlog.Number{runlog.Num(0.8), runlog.Num(0.8)}
		}, false, 0, "by heart (accuracy 100.0 %, on others 80.0 %)"},
		{"the usual rate does not learn, and the best that learns knows by heart", noise, func(f *Facts) {
			f.Rates[1] = outcome(0.1, 0.5, nan)
			f.Rates[2].TrainAccuracy[0], f.Rates[2].TrainAccuracy[1] = runlog.Num(1), runlog.Num(1)
			f.Rates[2].ValidationAccuracy[0], f.Rates[2].ValidationAccuracy[1] = runlog.Num(0.7), runlog.Num(0.7)
		}, false, 0, "on others 70.0 %"},
		{"no classes", noise, func(f *Facts) { f.Labels = Labels{} }, false, 0, "no classes"},

		{"ρ with noise", radius, noisyLabels, false, 0, "60 of 300"},
		{"ρ without", radius, nil, false, 0, "do not tell"},

		{"α with noise", strength, noisyLabels, true, 1, "60 of 300"},
		{"α without, lite level", strength, nil, false, 0, "no more than two seeds do"},
		{"α without, lite ahead", strength, func(f *Facts) { f.Lite = outcome(0.1, 0.3, 0.31) }, false, 0,
			"xsam-lite is ahead of sgd"},
		{"α with noise, lite learns nothing", strength, func(f *Facts) { noisyLabels(f); f.Lite.NotLearnt = 2 }, false, 0,
			"diverged or learnt nothing in 2 of 2"},
		{"α, sgd diverges", strength, func(f *Facts) { f.Rates[1] = outcome(0.1, 0.5, nan) }, false, 0, "does not learn"},
		{"α without, lite behind", strength, func(f *Facts) { f.Lite = outcome(0.1, 0.7, 0.8) }, true, 0.25,
			"holds the training back"},

		// 500 steps of 4 ms.
		{"cost", cost, func(f *Facts) { f.Steps, f.StepSeconds = 500, runlog.Num(0.004) }, true, 0,
			"500 steps of sgd take 2 s, 4 ms"},
		{"cost, gradients", cost, nil, false, 0, "sgd 1, sam 2, xsam 2, xsam-lite 1.2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.rule(facts(tt.change))
			try := 0.0
			if s.Try.Known() {
				try = s.Try.Float()
			}
			if s.Known != tt.known || try != tt.try || !strings.Contains(s.Text, tt.want) {
				t.Errorf("%+v, want known %v, try %v, a text with %q", s, tt.known, tt.try, tt.want)
			}
		})
	}
}

// Of six answers the surest two count. One of them contradicts its label, 1.
func TestCount(t *testing.T) {
	p := func(first float64) []float64 { return []float64{first, 1 - first} }
	l := count([]int32{0, 1, 0, 0, 1, 1}, [][]float64{p(0.9), p(0.95), p(0.6), p(0.7), p(0.4), p(0.3)})
	if l != (Labels{Sure: 2, Contradicted: 1, Least: 0.9}) {
		t.Errorf("%+v, want 2 sure ones from 0.9 on and 1 of them contradicted", l)
	}
}

// Clopper and Pearson: of none in 10 the upper end is 1 − 0.025^(1/10), of all the lower one 0.025^(1/10).
func TestInterval(t *testing.T) {
	end := math.Pow(0.025, 0.1)
	for _, tt := range []struct {
		seen      int
		low, high float64
	}{{0, 0, 1 - end}, {10, end, 1}} {
		if low, high := interval(tt.seen, 10); math.Abs(low-tt.low)+math.Abs(high-tt.high) > 1e-9 {
			t.Errorf("interval(%d, 10) = %v, %v, want %v, %v", tt.seen, low, high, tt.low, tt.high)
		}
	}
}

// A tenth of 60 epochs are 6; of 10 epochs of 7 steps it takes 9 to make sixty steps; there are no more than all.
func TestShort(t *testing.T) {
	for _, tt := range []struct{ epochs, examples, batch, want int }{
		{60, 640, 64, 6}, {10, 7 * 16, 16, 9}, {5, 32, 16, 5},
	} {
		r := recipe.Defaults("glyphs")
		r.Epochs, r.Batch = tt.epochs, tt.batch
		if got := short(r, tt.examples).Epochs; got != tt.want {
			t.Errorf("%d epochs of %d examples in batches of %d: %d short, want %d", tt.epochs, tt.examples, tt.batch, got,
				tt.want)
		}
	}
}
