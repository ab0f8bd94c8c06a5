// Package tuning searches the settings of several methods with the same budget for each: trials that hold validation
// images out and never see the test images, of which the best of each method is chosen.
//
//	point.go   the settings that are tried: Draws, at random, or Grid
//	holdout.go the examples that trials are judged by
//	plan.go    the runs of the trials
//	tune.go    the trials, the choice, and their record, tune.json
package tuning
