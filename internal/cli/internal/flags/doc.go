// Package flags has the flags that several commands share, and what they stand for.
//
//	group.go     flags under titles in the help, with completion
//	recipe.go    the flags that make up a recipe; defaults.go: their defaults in the help
//	auto.go      those whose numbers short runs find
//	run.go       where runs go, and how they are made
//	format.go    how a result is printed
//	engine.go    which engine computes
//	datadir.go   where the data sets are
//	own.go       data of the user's own; network.go: what a network of theirs loses on its way here
//	saved.go     the weights of a run
package flags
