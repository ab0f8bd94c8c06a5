// Package experiment turns recipes into runs: data, model, objective, optimizer, training loop, and the record of what
// was measured.
//
// A run is a function of its recipe: the same recipe on the same machine and engine gives the same bits, also when it
// was interrupted and resumed on the way.
//
// A Study does the same with a model, a loss and data of a Go program of one's own, through Compare; Attach has a
// training loop of one's own write the records of a run.
package experiment
