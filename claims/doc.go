// Package claims tests on run records what the X-SAM paper claims against SAM:
//
//	(a) accuracy    test accuracy above SAM's
//	(b) early-loss  lower training loss than SAM's in the first epochs
//	(c) lambda-max  λmax below SAM's at every measured epoch
//
// Each form of X-SAM among the runs, and nsam, is compared with SAM at the same ρ, the published form also with nsam,
// which is that without its correction: a two-sided paired t-test on the differences between runs of the same seed,
// with Holm's correction over the three claims of a comparison. A claim is supported when
// the corrected p is below 0.05 and the difference has the claimed sign, contradicted when it has the other, and else
// not distinguishable.
//
//	claims.go    the claims and what was found of them
//	judge.go     Judge: which runs are compared with which
//	measures.go  the number that each claim is about, from the records of a run
//	tests.go     the test of each claim
//	write.go     findings as text and as JSON
//
// Reference: Duan et al. (2026), arXiv:2601.10251. The package reads run records and knows nothing of GoMLX.
package claims
