// Package flags has the flags that several commands share, and what they stand for.
//
//	group.go     flags under titles in the help, with completion
//	recipe.go    the flags that make up a recipe; defaults.go: their defaults in the help
//	run.go       where runs go, and how they are made
//	format.go    how a result is printed
//	engine.go    which engine computes
//	datadir.go   where the data sets are
package flags
