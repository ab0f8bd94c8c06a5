// Package experiment turns a recipe into a run: data, model, objective, optimizer, training loop, and the record of what was
// measured.
//
//	recipe.go      Recipe: everything that decides a run's outcome
//	defaults.go    a recipe for each data set to start from
//	method.go      the methods by name (sgd, sam, asam, xsam, ...), and their settings
//	base.go        the base optimizer of a recipe
//	run.go         Run: one recipe to one run directory, from the start or from its checkpoint
//	program.go     what the runs of a method share: the compiled graphs
//	draw.go        the initial weights and the first v of a seed
//	session.go     a run that is going on: the loop over its steps
//	tally.go       what a run adds up between records; it travels with the checkpoint
//	evaluate.go    loss and accuracy of a whole set
//	ruler.go       the loss of a fixed set of training examples, and its matrices
//	lambda.go      λmax on it, when training has ended; along.go: more than that, while it goes on
//	weights.go     the states of a run's weights, read from its checkpoints
//	measure.go     Measure: the curvature of saved weights (measuring.go: what is asked for; measures.go, landscape.go: each
//	               measure; work.go: the time left)
//	board.go       the records for TensorBoard
//	checkpoint.go  GoMLX checkpoints, which survive a kill at any time
//	all.go         RunAll: many runs in turn
//	bench*.go      RunBench: what a step costs with each method (bench_lane.go: one method; bench_result.go: the numbers)
//	progress.go    what a run tells while it goes on
//
// A run is a function of its recipe: the same recipe on the same machine and engine gives the same bits, also when it was
// interrupted and resumed on the way.
package experiment
