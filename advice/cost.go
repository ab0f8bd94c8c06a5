package advice

import (
	"fmt"
	"time"

	"github.com/xsam-go/xsam/recipe"
)

// costMethods are those whose gradients are counted.
var costMethods = []string{"sgd", "sam", "xsam", "xsam-lite"}

// cost says how long the steps of sgd take, evaluations and compiling not counted, by the time of a step in the short
// runs, and how many gradients a step of the other methods takes. How long these are xsam bench measures: in a few
// steps beside other programs it cannot be told (docs/studies/advise.md).
func cost(f Facts) Sentence {
	s := Sentence{About: "cost"}
	gradients := ""
	for _, method := range costMethods {
		gradients += fmt.Sprintf(", %s %.2g", method, gradientsOf(f.Recipe, method))
	}
	gradients = "gradients a step" + gradients + " (xsam bench measures their time)"
	step := f.StepSeconds.Float()
	if !f.StepSeconds.Known() {
		return s.unknown("no step of sgd was timed; %s", gradients)
	}
	return s.known("%d steps of sgd take %s, %.3g ms each in the short runs; %s", f.Steps,
		duration(step*float64(f.Steps)), 1000*step, gradients)
}

// gradientsOf is the number of gradients that a step of a method takes on average.
func gradientsOf(r recipe.Recipe, method string) float64 {
	if err := r.SetMethod(method, nil); err != nil {
		return 0 // the presets are valid
	}
	return r.GradientsPerStep()
}

func duration(seconds float64) string {
	if seconds < 60 {
		return fmt.Sprintf("%.2g s", seconds)
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}
