package compare

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Level is the significance level of the tests; 1 − Level is the level of the intervals.
const Level = 0.05

// Estimate is a mean over runs with its Student-t 95 % interval.
type Estimate struct {
	// N is the number of runs with a value.
	N int
	// Mean over them; NaN when N = 0.
	Mean float64
	// HalfWidth is t₀.₉₇₅(N−1)·s/√N: the interval is Mean ± HalfWidth. NaN when N < 2, since one value has no spread.
	HalfWidth float64
}

// NewEstimate returns the mean of those of the values that are not NaN, with the interval.
func NewEstimate(values []float64) Estimate {
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	e := Estimate{N: len(known), Mean: math.NaN(), HalfWidth: math.NaN()}
	if e.N == 0 {
		return e
	}
	mean, sd := meanStdDev(known)
	e.Mean = mean
	if e.N > 1 {
		e.HalfWidth = studentT(e.N-1).Quantile(1-Level/2) * sd / math.Sqrt(float64(e.N))
	}
	return e
}

// meanStdDev returns the mean and the sample standard deviation. A spread within the rounding of the values is none:
// the differences 0.93 − 0.92 and 0.83 − 0.82 are meant to be equal.
func meanStdDev(values []float64) (mean, sd float64) {
	mean, sd = stat.MeanStdDev(values, nil)
	largest := 0.0
	for _, x := range values {
		largest = max(largest, math.Abs(x))
	}
	if sd <= 1e-13*largest {
		sd = 0
	}
	return mean, sd
}

func studentT(degrees int) distuv.StudentsT {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(degrees)}
}

// Verdict is what a test says of a difference.
type Verdict string

const (
	Higher             Verdict = "higher"
	Lower              Verdict = "lower"
	NotDistinguishable Verdict = "not distinguishable"
	// NoTest stands where a t-test says nothing: fewer than two pairs, or differences without any spread.
	NoTest Verdict = "no test"
)

// Difference is a method's mean difference from the baseline over the seeds that both have. Its HalfWidth is that of
// the interval which the verdict goes by: widened as PHolm is larger than P, so that it leaves out 0 where PHolm <
// Level, and there alone.
type Difference struct {
	Estimate
	// Alone is the half-width of the 95 % interval without the correction.
	Alone float64
	// P is the two-sided p of the paired t-test, PHolm the same with Holm's correction over the methods of the table.
	// Both are NaN where Verdict is NoTest.
	P, PHolm float64
	Verdict  Verdict
}

// Subtract returns a − b to 13 digits of the larger, without what is rounding of a and b. So equal differences of
// accuracies, which are multiples of 1/n, are equal.
func Subtract(a, b float64) float64 {
	largest := max(math.Abs(a), math.Abs(b))
	if largest == 0 || math.IsInf(largest, 0) {
		return a - b
	}
	digit := math.Pow(10, math.Floor(math.Log10(largest))-13)
	return math.Round((a-b)/digit) * digit
}

// PairedTest tests whether the mean of the differences is 0, with Student's t on len(differences) − 1 degrees of
// freedom. NaN differences, of pairs that lack a value, are left out. PHolm equals P until Holm is applied over
// several tests.
//
// Equal differences have no spread, and no test: P would be 0 for 0.01, 0.01 of two seeds, which proves nothing where
// accuracies are multiples of 1/1000. Differences that are all 0 have p = 1.
// Differences of measured values are to be taken with Subtract.
func PairedTest(differences []float64) Difference {
	d := Difference{Estimate: NewEstimate(differences), P: math.NaN(), PHolm: math.NaN(), Verdict: NoTest}
	d.Alone = d.HalfWidth
	known := slices.DeleteFunc(slices.Clone(differences), math.IsNaN)
	if len(known) < 2 {
		return d
	}
	mean, sd := meanStdDev(known)
	switch {
	case sd > 0:
		t := mean / (sd / math.Sqrt(float64(len(known))))
		d.P = 2 * studentT(len(known)-1).CDF(-math.Abs(t))
	case mean == 0:
		d.P = 1
	default:
		return d
	}
	return d.judged(d.P)
}

// tested tells whether there is a difference that was tested.
func (d *Difference) tested() bool { return d != nil && d.Verdict != NoTest }

// judged returns d with its corrected p, the interval of that level, and the verdict that follows.
func (d Difference) judged(pHolm float64) Difference {
	d.PHolm = pHolm
	if t := studentT(d.N - 1); pHolm > d.P && d.P > 0 {
		d.HalfWidth = d.Alone * t.Quantile(1-Level*d.P/pHolm/2) / t.Quantile(1-Level/2)
	}
	switch {
	case !(pHolm < Level):
		d.Verdict = NotDistinguishable
	case d.Mean > 0:
		d.Verdict = Higher
	default:
		d.Verdict = Lower
	}
	return d
}

// Differences tests what each method has measured, by seed, against what the baseline has for the same seeds, with
// Holm's correction over the methods. The baseline itself has none.
func Differences(values map[string]map[int64]float64, baseline string) map[string]*Difference {
	differences := map[string]*Difference{}
	var methods []string
	var p []float64
	for _, method := range slices.Sorted(maps.Keys(values)) {
		if method == baseline {
			continue
		}
		var pairs []float64
		for _, seed := range slices.Sorted(maps.Keys(values[method])) { // so that sums are the same every time
			if base, ok := values[baseline][seed]; ok {
				pairs = append(pairs, Subtract(values[method][seed], base))
			}
		}
		d := PairedTest(pairs)
		differences[method], methods, p = &d, append(methods, method), append(p, d.P)
	}
	for i, corrected := range Holm(p) {
		if d := differences[methods[i]]; d.Verdict != NoTest {
			*d = d.judged(corrected)
		}
	}
	return differences
}

// Holm returns the p values corrected for testing all of them, by Holm's step-down method:
//
//	p̃₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1)·p₍ⱼ₎),  p₍₁₎ ≤ … ≤ p₍ₘ₎
//
// NaN stays NaN and is not counted in m.
//
// Reference: S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979).
func Holm(p []float64) []float64 {
	corrected := slices.Clone(p)
	var order []int
	for i := range p {
		if !math.IsNaN(p[i]) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	floor := 0.0
	for rank, i := range order {
		floor = max(floor, min(1, float64(len(order)-rank)*p[i]))
		corrected[i] = floor
	}
	return corrected
}
