package claims

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// made describes a run of ten epochs, of which the first two are early.
type made struct {
	method   string
	seed     int64
	rho      float64
	accuracy float64
	losses   [2]float64 // of epochs 1 and 2
	lambda   [2]float64 // at epochs 5 and 10; 0 for none
	residual float64
	stopped  bool
}

func (m made) run() *runlog.Run {
	r := &runlog.Run{
		Dir:     runlog.Name(m.method, m.seed),
		Setup:   runlog.Setup{Rho: m.rho, LambdaTolerance: 0.01, Task: runlog.Task{Epochs: 10}},
		Summary: runlog.Summary{Method: m.method, Seed: m.seed, Finished: !m.stopped},
	}
	r.Summary.TestAccuracy = runlog.Num(m.accuracy)
	for epoch := 1; epoch <= 10; epoch++ {
		loss := 0.1
		if epoch <= 2 {
			loss = m.losses[epoch-1]
		}
		at := runlog.Num(float64(epoch))
		r.Records = append(r.Records, runlog.Record{
			Kind: runlog.Train, Epoch: at, Loss: runlog.Num(loss), LambdaMax: runlog.Num(99),
		})
		if i := epoch/5 - 1; epoch%5 == 0 && m.lambda[i] != 0 {
			r.Records = append(r.Records, runlog.Record{
				Kind: runlog.Curvature, Split: runlog.TrainSplit, Epoch: at,
				LambdaMax: runlog.Num(m.lambda[i]), LambdaResidual: runlog.Num(m.residual),
			})
		}
	}
	return r
}

// four makes runs of four seeds whose differences from SAM alternate between d and 2d: mean 1.5 d, and t = ±3√3 on 3
// degrees of freedom whatever d > 0 is (compare's own test works this out). Its p is below 0.05/3.
func four(method string, rho, accuracy, loss float64, lambda [2]float64, change func(*made)) (runs []*runlog.Run) {
	for seed := range int64(4) {
		k := float64(1 + seed%2)
		m := made{
			method: method, seed: seed, rho: rho, residual: 0.001,
			accuracy: 0.9 + accuracy*k, losses: [2]float64{2 + loss*k, 1 + loss*k}, lambda: [2]float64{8 + lambda[0]*k, 4 +
				lambda[1]*k},
		}
		if change != nil {
			change(&m)
		}
		runs = append(runs, m.run())
	}
	return runs
}

// p of t = 3√3 on 3 degrees of freedom.
var p = 1 - 2/math.Pi*(math.Atan(3)+3.0/10)

func sam() []*runlog.Run {
	return four("sam", 0.05, 0, 0, [2]float64{}, nil)
}

func verdicts(findings []Finding) string {
	var all []string
	for _, f := range findings {
		all = append(all, f.Verdict)
	}
	return strings.Join(all, ", ")
}

func TestJudge(t *testing.T) {
	tests := []struct {
		name   string
		runs   []*runlog.Run
		want   string // verdicts on (a), (b), (c)
		detail [3]string
	}{
		{"all as the paper says", four("xsam", 0.05, 0.01, -0.1, [2]float64{-1, -0.5}, nil),
			"supported, supported, supported", [3]string{"+1.50 ± 0.92 points of test accuracy",
				"-0.150 ± 0.092 in training loss over the first 2 epochs", "in λmax at epoch 10, the worst of 2"}},
		{"the other way round", four("xsam", 0.05, -0.01, 0.1, [2]float64{1, 0.5}, nil),
			"contradicted, contradicted, contradicted", [3]string{"-1.50", "+0.150", "at epoch 5, the worst of 2"}},
		{"λmax below at one epoch alone", four("xsam", 0.05, 0.01, -0.1, [2]float64{-1, 0.5}, nil),
			"supported, supported, contradicted", [3]string{2: "at epoch 10"}},
		{"nothing to tell apart", four("xsam", 0.05, 0, 0, [2]float64{}, func(m *made) {
			sign := float64(1 - 2*(m.seed%2))
			m.accuracy += 0.01 * sign
			m.losses[0] += sign
			m.lambda[0] += sign
			m.lambda[1] += sign
		}), "not distinguishable, not distinguishable, not distinguishable", [3]string{}},
		{"λmax at the end alone", four("xsam", 0.05, 0.01, -0.1, [2]float64{-1, -0.5}, func(m *made) { m.lambda[0] = 0 }),
			"supported, supported, supported",
			[3]string{2: "the worst of 1 (measured once: nothing is said of the other epochs)"}},
		{"no λmax", four("xsam", 0.05, 0.01, -0.1, [2]float64{}, func(m *made) { m.lambda = [2]float64{} }),
			"supported, supported, no test", [3]string{2: "no epoch"}},
		{"runs that have not learnt have no part in λmax", func() []*runlog.Run {
			runs := four("xsam", 0.05, 0.01, -0.1, [2]float64{-1, -0.5}, nil)
			for _, r := range runs[1:] {
				r.Summary.NotLearnt = runlog.NearChance
			}
			return runs
		}(), "supported, supported, no test", [3]string{2: "3 of 4 pairs with a run that has not learnt are left out"}},
		{"one seed", four("xsam", 0.05, 0.01, -0.1, [2]float64{-1, -1}, nil)[:1],
			"no test, no test, no test", [3]string{"n = 1", "n = 1", "n = 1"}},
		{"a run that was stopped", four("xsam", 0.05, 0.01, -0.1, [2]float64{-1, -1},
			func(m *made) { m.stopped = m.seed == 3 }),
			"not distinguishable, not distinguishable, not distinguishable",
			[3]string{"n = 3; 1 runs of xsam are not finished", "n = 3", "n = 3"}},
		{"λmax did not converge", four("xsam", 0.05, 0.01, -0.1, [2]float64{-1, -1}, func(m *made) { m.residual = 0.5 }),
			"supported, supported, supported", [3]string{2: "8 of 16 measurements of λmax did not converge"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			findings, err := Judge(append(sam(), tt.runs...))
			if err != nil {
				t.Fatal(err)
			}
			if got := verdicts(findings); got != tt.want {
				t.Errorf("verdicts %s, want %s", got, tt.want)
			}
			for i, f := range findings {
				if f.Method != "xsam" || f.Baseline != "sam" || f.Claim != Names[i] {
					t.Errorf("finding %+v, want claim %s of xsam against sam", f, Names[i])
				}
				if !strings.Contains(f.Detail, tt.detail[i]) {
					t.Errorf("%s: detail %q, want %q in it", f.Claim, f.Detail, tt.detail[i])
				}
			}
		})
	}
}

func TestHolmGoesOverTheClaims(t *testing.T) {
	findings, err := Judge(append(sam(), four("xsam", 0.05, 0.01, -0.1, [2]float64{-1, -0.5}, nil)...))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if math.Abs(f.P-p) > 1e-9 || math.Abs(f.PHolm-3*p) > 1e-9 { // gonum's distribution is good to about 1e-12
			t.Errorf("%s: p = %v, corrected %v, want %v and three times that", f.Claim, f.P, f.PHolm, p)
		}
	}
}

// Each form is compared with the SAM of its own ρ, or, without one, that of the smallest ρ.
func TestBaseline(t *testing.T) {
	var runs []*runlog.Run
	runs = append(runs, four("sam:rho=0.1", 0.1, 0.02, 0, [2]float64{}, nil)...)
	runs = append(runs, four("sam", 0.05, 0, 0, [2]float64{}, nil)...)
	runs = append(runs, four("xsam-paper:rho=0.1", 0.1, 0.01, 0, [2]float64{}, nil)...)
	runs = append(runs, four("xsam-lite", 0.3, 0.01, 0, [2]float64{}, nil)...)
	runs = append(runs, four("sgd", 0, 0, 0, [2]float64{}, nil)...)
	findings, err := Judge(runs)
	if err != nil || len(findings) != 6 {
		t.Fatalf("%d findings, %v, want 3 for each of two forms", len(findings), err)
	}
	for _, f := range findings {
		want := map[string]string{"xsam-paper:rho=0.1": "sam:rho=0.1", "xsam-lite": "sam"}[f.Method]
		if f.Baseline != want {
			t.Errorf("%s is held against %s, want %s", f.Method, f.Baseline, want)
		}
	}
	if findings[0].Verdict != Supported || findings[3].Verdict != Contradicted {
		t.Errorf("accuracy of xsam-lite %s, of xsam-paper %s, want supported, contradicted", findings[0].Verdict,
			findings[3].Verdict)
	}
}

// The two parts of the published form are told apart: it is compared with SAM and with nsam, and nsam with SAM.
func TestThePartsOfThePublishedForm(t *testing.T) {
	var runs []*runlog.Run
	for _, method := range []string{"sam", "nsam", "xsam-paper", "xsam"} {
		runs = append(runs, four(method, 0.05, 0.01, 0, [2]float64{}, nil)...)
	}
	findings, err := Judge(runs)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		if f.Claim == Accuracy {
			got = append(got, f.Method+" "+f.Baseline+": "+f.Text())
		}
	}
	want := []string{
		"xsam sam: (a) test accuracy above SAM's", "xsam-paper sam: (a) test accuracy above SAM's",
		"xsam-paper nsam: (a) test accuracy above nsam's", "nsam sam: (a) test accuracy above SAM's",
	}
	if !slices.Equal(got, want) {
		t.Errorf("comparisons\n%q, want\n%q", got, want)
	}
}

// Runs of the earlier form of xsam-paper are judged under their own name, and not compared with nsam, which is no part
// of that form.
func TestTheEarlierForm(t *testing.T) {
	runs := append(sam(), four("nsam", 0.05, 0, 0, [2]float64{}, nil)...)
	runs = append(runs, four("xsam-paper (raw c)", 0.05, 0.01, 0, [2]float64{}, nil)...)
	runs = append(runs, four("xsam-paper:alpha=0.1 (raw c)", 0.05, 0.01, 0, [2]float64{}, nil)...)
	findings, err := Judge(append(runs, four("xsam-paper", 0.05, 0.02, 0, [2]float64{}, nil)...))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		if f.Claim == Accuracy {
			got = append(got, f.Method+" against "+f.Baseline)
		}
	}
	want := []string{
		"xsam-paper against sam", "xsam-paper against nsam", "xsam-paper (raw c) against sam",
		"xsam-paper:alpha=0.1 (raw c) against sam", "nsam against sam",
	}
	if !slices.Equal(got, want) {
		t.Errorf("comparisons %q, want %q", got, want)
	}
}

func TestJudgeWantsBoth(t *testing.T) {
	if _, err := Judge(sam()); err == nil || !strings.Contains(err.Error(), "0 forms of X-SAM") {
		t.Errorf("Judge of SAM alone: error %v", err)
	}
}

func TestRunsOfTwoExperiments(t *testing.T) {
	other := made{method: "xsam", rho: 0.05}.run()
	other.Setup.Epochs = 20
	const want = "claims: sam-seed0 and xsam-seed0 are of different experiments, which differ in epochs "
	if _, err := Judge(append(sam(), other)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}
