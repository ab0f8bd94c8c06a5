// Package experiment turns recipes into runs: data, model, objective, optimizer, training loop, and the record of what
// was measured.
//
// A run is a function of its recipe: the same recipe on the same machine and engine gives the same bits, also when it
// was interrupted and resumed on the way.
package experiment
