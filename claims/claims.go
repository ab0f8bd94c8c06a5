package claims

import (
	"strings"

	"github.com/xsam-go/xsam/compare"
)

// The claims, by the names that findings carry.
const (
	Accuracy  = "accuracy"
	EarlyLoss = "early-loss"
	LambdaMax = "lambda-max"
)

// Names lists the claims in the order of the paper.
var Names = []string{Accuracy, EarlyLoss, LambdaMax}

// Text is what a claim says.
func Text(claim string) string {
	switch claim {
	case Accuracy:
		return "(a) test accuracy above SAM's"
	case EarlyLoss:
		return "(b) lower training loss than SAM's in the first epochs"
	case LambdaMax:
		return "(c) λmax below SAM's at every measured epoch"
	}
	return claim
}

// Text is what the claim says, with the method of the finding's own baseline, without its settings, in SAM's place.
func (f Finding) Text() string {
	if name := family(f.Baseline); name != "sam" {
		return strings.Replace(Text(f.Claim), "SAM", name, 1)
	}
	return Text(f.Claim)
}

// family is a method without its settings, "sam" of "sam:rho=0.1". What stands behind them, " (raw c)", stays: such
// runs are of another form.
func family(method string) string {
	label, note, _ := strings.Cut(method, " ")
	name, _, _ := strings.Cut(label, ":")
	if note != "" {
		return name + " " + note
	}
	return name
}

// sameComparison tells whether two findings are of the same two methods.
func (f Finding) sameComparison(other Finding) bool {
	return f.Method == other.Method && f.Baseline == other.Baseline
}

// Rules say how the claims are tested, one line each.
var Rules = []string{
	"(a) is about the last evaluation on the test images",
	"(b) is about the mean training loss of the first tenth of the epochs, two at least, as the optimizer saw it",
	"(c) is about the records of λmax on the same training examples, at the epochs that all paired runs have: " +
		"supported when each epoch's own test says lower (p is the largest of them), " +
		"contradicted when one says higher (p with Holm's correction over the epochs)",
	"nsam is the published form without its correction: with equal settings what differs from it is the correction, " +
		"and what differs between it and sam the unit gradient",
	"p is that of a two-sided paired t-test over seeds, with Holm's correction over the claims of a method",
}

// The verdicts.
const (
	Supported          = "supported"
	NotDistinguishable = "not distinguishable"
	Contradicted       = "contradicted"
	// NoTest stands where nothing can be tested: fewer than two pairs with a value, or differences without any spread.
	NoTest = "no test"
)

// Finding is the verdict on one claim for one method.
type Finding struct {
	Claim   string // one of Names
	Method  string // the form of X-SAM, or nsam, as the runs call it
	Verdict string
	Detail  string // one line for people: difference, interval, p, n, and what weakens them

	// Baseline is the method it was compared with, SAM or nsam; N is the number of pairs.
	Baseline string
	N        int
	// Difference is method minus baseline with its 95 % interval: of accuracies as fractions, of losses, of λmax at
	// the epoch at which the claim fares worst.
	Difference compare.Estimate
	// P is the p of the claim's own test, PHolm that after the correction; both are NaN where there is no test.
	P, PHolm float64
}
