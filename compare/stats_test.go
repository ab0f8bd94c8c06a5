package compare

import (
	"fmt"
	"math"
	"testing"
)

// near compares two numbers to a relative tolerance; NaN equals NaN.
func near(got, want, tolerance float64) bool {
	if math.IsNaN(want) {
		return math.IsNaN(got)
	}
	return math.Abs(got-want) <= tolerance*max(1, math.Abs(want))
}

var nan = math.NaN()

func TestNewEstimate(t *testing.T) {
	tests := []struct {
		name      string
		values    []float64
		n         int
		mean      float64
		halfWidth float64
	}{
		{"no value", nil, 0, nan, nan},
		{"one value has no interval", []float64{3}, 1, 3, nan},
		// s = √2, s/√n = 1, and t₀.₉₇₅ of 1 degree of freedom is tan(0.475π).
		{"two values", []float64{1, 3}, 2, 2, 12.706204736174698},
		{"equal values have an interval of width 0", []float64{0.9, 0.9, 0.9}, 3, 0.9, 0},
		{"missing values do not count", []float64{1, nan, 3}, 2, 2, 12.706204736174698},
		// Student's sleep data, the gain in hours of ten patients; R: t.test(x)$conf.int = 0.7001142 2.4598858.
		{"Student's sleep data", sleep, 10, 1.58, (2.4598858 - 0.7001142) / 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := NewEstimate(tt.values)
			if got.N != tt.n || !near(got.Mean, tt.mean, 1e-12) || !near(got.HalfWidth, tt.halfWidth,
				1e-7) { // R prints 7 digits
				t.Errorf("NewEstimate(%v) = %+v, want n %d, %v ± %v", tt.values, got, tt.n, tt.mean, tt.halfWidth)
			}
		})
	}
}

// sleep holds the differences of Student's (1908) sleep data, R's data set "sleep".
var sleep = []float64{1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4}

func negated(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, x := range values {
		out[i] = -x
	}
	return out
}

func TestPairedTest(t *testing.T) {
	tests := []struct {
		name        string
		differences []float64
		n           int
		p           float64
		verdict     Verdict
	}{
		// R: t.test(extra ~ group, data = sleep, paired = TRUE): t = 4.0621, df = 9, p-value = 0.002833.
		{"Student's sleep data", sleep, 10, 0.002833, Higher},
		{"the same with the sign turned", negated(sleep), 10, 0.002833, Lower},
		// t = 2 on 1 degree of freedom, where p = 1 − (2/π)·arctan t.
		{"two pairs", []float64{1, 3}, 2, 1 - 2/math.Pi*math.Atan(2), NotDistinguishable},
		// t = 2√3 on 2 degrees of freedom, where p = 1 − t/√(2 + t²) = 1 − √(12/14).
		{"three pairs", []float64{1, 2, 3}, 3, 1 - math.Sqrt(12.0/14), NotDistinguishable},
		{"one pair is no test", []float64{1}, 1, nan, NoTest},
		{"no pair is no test", nil, 0, nan, NoTest},
		{"a missing value takes its pair out", []float64{1, nan}, 1, nan, NoTest},
		{"no difference at all", []float64{0, 0, 0}, 3, 1, NotDistinguishable},
		{"equal differences have no spread to test with", []float64{0.5, 0.5, 0.5}, 3, nan, NoTest},
		{"differences that are equal but for rounding", []float64{0.93 - 0.92, 0.83 - 0.82, 0.63 - 0.62}, 3, nan, NoTest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := PairedTest(tt.differences)
			if got.N != tt.n || !near(got.P, tt.p, 5e-7) || !near(got.PHolm, tt.p, 5e-7) ||
				got.Verdict != tt.verdict { // R prints 4 digits
				t.Errorf("PairedTest(%v) = %+v, want n %d, p %v, %q", tt.differences, got, tt.n, tt.p, tt.verdict)
			}
		})
	}
}

// Accuracies of 10,000 images that differ by as many of them for every seed have no spread to test with, though their
// differences are not equal to the last bit.
func TestEqualDifferencesOfAccuracies(t *testing.T) {
	for images := 1; images <= 5; images++ {
		for at := range 500 {
			values := map[string]map[int64]float64{"sam": {}, "xsam": {}}
			for seed := range int64(3) {
				right := 9000 + at + 29*int(seed)
				values["sam"][seed], values["xsam"][seed] = float64(right)/1e4, float64(right+images)/1e4
			}
			d := Differences(values, "sam")["xsam"]
			if d.Verdict != NoTest || math.Abs(d.Mean-float64(images)/1e4) > 1e-14 {
				t.Fatalf("%d images from %v on: %+v, want no test", images, values["sam"], d)
			}
		}
	}
	for _, tt := range [][3]float64{{1, 1, 0}, {0, 0, 0}, {3, -2, 5}, {1e-300, 0, 1e-300}} {
		if got := Subtract(tt[0], tt[1]); !near(got, tt[2], 1e-13*math.Abs(tt[2])) {
			t.Errorf("%v − %v = %v, want %v", tt[0], tt[1], got, tt[2])
		}
	}
	if got := Subtract(math.Inf(1), 1); !math.IsInf(got, 1) || !math.IsNaN(Subtract(nan, 1)) {
		t.Errorf("of infinity and NaN: %v, %v", got, Subtract(nan, 1))
	}
}

func TestHolm(t *testing.T) {
	tests := []struct {
		name    string
		p, want []float64
	}{
		{"no test", nil, nil},
		{"one test is left as it is", []float64{0.03}, []float64{0.03}},
		// 4·0.005, 3·0.01, 2·0.03, then not below its forerunner: max(0.06, 1·0.04).
		{"four tests, unsorted", []float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		// R: p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm").
		{"four tests, sorted", []float64{0.01, 0.02, 0.03, 0.04}, []float64{0.04, 0.06, 0.06, 0.06}},
		{"at most 1", []float64{0.6, 0.7}, []float64{1, 1}},
		{"equal values", []float64{0.02, 0.02}, []float64{0.04, 0.04}},
		{"what could not be tested is not counted", []float64{0.02, nan, 0.03}, []float64{0.04, nan, 0.04}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Holm(tt.p)
			for i := range tt.want {
				if !near(got[i], tt.want[i], 1e-15) {
					t.Fatalf("Holm(%v) = %v, want %v", tt.p, got, tt.want)
				}
			}
		})
	}
}

// Holm's correction goes over the methods with a test; pairs are of equal seeds; the baseline has no difference.
func TestDifferences(t *testing.T) {
	got := Differences(map[string]map[int64]float64{
		"sam": {0: 1, 1: 2, 2: 4}, "xsam": {0: 2, 1: 4, 9: 100}, "lite": {1: 2, 2: 6}, "one": {0: 5},
	}, "sam")
	// xsam − sam is 1, 2: t = 3 on one degree of freedom, p = 1 − (2/π)·arctan 3. lite − sam is 0, 2: t = 1, p = 1/2.
	p := 1 - 2/math.Pi*math.Atan(3)
	for method, want := range map[string]Difference{
		"xsam": {Estimate: Estimate{N: 2, Mean: 1.5}, P: p, PHolm: 2 * p, Verdict: NotDistinguishable},
		"lite": {Estimate: Estimate{N: 2, Mean: 1}, P: 0.5, PHolm: 0.5, Verdict: NotDistinguishable},
		"one":  {Estimate: Estimate{N: 1, Mean: 4}, P: nan, PHolm: nan, Verdict: NoTest},
	} {
		d := got[method]
		if d.N != want.N || d.Mean != want.Mean || !near(d.P, want.P, 1e-12) || !near(d.PHolm, want.PHolm, 1e-12) ||
			d.Verdict != want.Verdict {
			t.Errorf("%s: %+v, want %+v", method, *d, want)
		}
	}
	if len(got) != 3 {
		t.Errorf("differences of %d methods, want 3: the baseline has none", len(got))
	}
}

// Of 2,000 experiments without an effect, with four pairs each, about 5 % may call one. The count is binomial with
// standard deviation 9.7; 60 to 140 is four of them.
func TestPairedTestKeepsItsLevel(t *testing.T) {
	const experiments = 2000
	state := uint64(1)
	uniform := func() float64 { // a 64-bit linear congruential generator's upper bits; good enough for sums of twelve
		state = state*6364136223846793005 + 1442695040888963407
		return float64(state>>11) / (1 << 53)
	}
	normal := func() float64 {
		sum := -6.0
		for range 12 {
			sum += uniform()
		}
		return sum
	}
	called := 0
	for range experiments {
		if v := PairedTest([]float64{normal(), normal(), normal(), normal()}).Verdict; v == Higher || v == Lower {
			called++
		}
	}
	if called < 60 || called > 140 {
		t.Errorf("%d of %d experiments without an effect were called one, want about 100", called, experiments)
	}
}

// The interval of a difference leaves out 0 where the corrected p is below 0.05, and there alone, also for the p between
// 0.05/m and 0.05 that the correction is about; one method alone has the interval of Student's t.
func TestIntervalAgreesWithVerdict(t *testing.T) {
	values := map[string]map[int64]float64{"sam": {0: 0, 1: 0, 2: 0, 3: 0}}
	for i := range 40 {
		spread := 0.05 * float64(i+1)
		values[fmt.Sprintf("m%02d", i)] = map[int64]float64{0: 1 + spread, 1: 1 - spread, 2: 1 + 2*spread, 3: 1 - 2*spread}
	}
	for _, methods := range []int{1, 3, 40} {
		few := map[string]map[int64]float64{"sam": values["sam"]}
		for i := range methods {
			name := fmt.Sprintf("m%02d", i*40/methods)
			few[name] = values[name]
		}
		corrected := 0
		for name, d := range Differences(few, "sam") {
			if zero := d.HalfWidth >= d.Mean; zero != (d.Verdict == NotDistinguishable) {
				t.Errorf("%d methods, %s: %v with p %.3g is %s", methods, name, d.Estimate, d.PHolm, d.Verdict)
			}
			if d.HalfWidth > d.Alone {
				corrected++
			}
		}
		if (corrected > 0) != (methods > 1) {
			t.Errorf("%d methods: %d intervals are corrected", methods, corrected)
		}
	}
}
