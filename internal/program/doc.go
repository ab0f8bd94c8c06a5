// Package program holds the compiled parts that runs, measurements and benches of a recipe share: training step,
// evaluation, loss and Hessian on fixed examples, and the states that the weights can be put into.
package program
