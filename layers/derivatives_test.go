package layers_test

import "github.com/xsam-go/xsam/internal/testderivatives"

type operation = testderivatives.Operation

var (
	checkDerivatives = testderivatives.Check
	normal           = testderivatives.Normal
	size             = testderivatives.Size
	run              = testderivatives.Run
	maxDifference    = testderivatives.MaxDifference
	zeros            = testderivatives.Zeros
)
