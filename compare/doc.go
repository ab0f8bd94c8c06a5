// Package compare turns the summaries of many runs into one table with honest statistics.
//
//   - A mean is shown with the half-width of its Student-t 95 % interval over the seeds, and with n.
//   - A method is compared with SAM by the differences between runs of the same seed, which share data, split and label
//     noise: a paired t-test, with Holm's correction over the methods, for each quantity on its own.
//   - What the test does not tell apart is called "not distinguishable".
//   - Whatever weakens a number (few seeds, an iteration that did not converge, a missing run) stands beside it as a
//     warning.
//
// It reads run records and knows nothing of GoMLX.
package compare
