// Package report turns run directories into one page that answers: did it help, by how much, at what cost, can I believe it?
//
//	load.go       run directories, read so that a broken or growing one costs a message and not the page
//	config.go     the recipe of a run, and its learning rate at a step
//	methods.go    the order of the methods and what tells them apart in a chart
//	curves.go     what was measured along training, with bands over seeds
//	measured.go   what xsam curvature measured
//	landscape.go  the loss over a plane
//	early.go      the first epochs
//	verdict.go    the sentence at the top, and the table of methods
//	cost.go       what a step costs
//	chart.go      data to lines, bands, marks and ticks of an SVG
//	figure.go     a drawn chart with its legend and the table behind it
//	recipe.go     what the runs share, and what differs between methods
//	page.go       the page and its HTML form
//	markdown.go   tables for a README
//
// The statistics are those of package compare. The HTML is one file without references to others: it opens from disk, without
// a network and, but for zoom and readout, without JavaScript. The package imports no GoMLX.
package report
