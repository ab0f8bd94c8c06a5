// Package advice says, from a few short runs on a part of the training examples, which settings a training may want: is
// its learning rate near the edge of stability, are its labels noisy, which learning rate, ρ and α to try, what it
// will cost. It says of each how it knows, or that it does not know.
//
//	plan.go    the short runs
//	run.go     Run: they are made, looked at, and the advice is written down
//	look.go    what they tell: Facts
//	edge.go, rate.go, noise.go, radius.go, strength.go, cost.go    a rule each, from Facts to a Sentence
//	text.go    the sentences as text
//
// The short runs hold validation examples out. Nothing is ever evaluated on the test examples.
package advice
