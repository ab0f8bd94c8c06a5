// Package report turns run directories into one page that answers: did it help, by how much, at what cost, can I
// believe it?
//
//	comparison.go    the runs of a folder, in the order of the page
//	methods.go       the order of the methods and what tells them apart in a chart
//	verdict.go       the sentence at the top, and the warnings
//	forest.go        the differences from the baseline with their intervals
//	methodstable.go  the table of methods
//	early.go         the first epochs
//	claims.go        what the runs say of the paper's claims
//	curves.go        what was measured along training, with bands over seeds
//	stability.go     λmax against 2/η, and the learning rate at a step
//	measured.go      what xsam curvature measured
//	landscape.go     the loss over a plane
//	cost.go          what a step costs
//	recipe.go        what the runs share, and what differs between methods
//	chart.go         data to lines, bands, marks and ticks of an SVG
//	axis.go          values to pixels, and where ticks stand
//	figure.go        a drawn chart with its legend and the table behind it
//	overlay.go       two comparisons laid over each other
//	files.go         figures as SVG, PDF and CSV
//	grid.go          tables and their cells
//	words.go         numbers and words as the page writes them
//	card.go          a comparison in a list
//	page.go          the page and its HTML form
//	markdown.go      tables for a README
//
// Runs are read by package runlog, the statistics are those of package compare, the verdicts on the paper's claims
// those of package claims. The HTML is one file without references to others: it opens from disk, without a network
// and, but for zoom and readout, without JavaScript. The package imports no GoMLX.
package report
