package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"text/tabwriter"
)

// writeSpectra prints what the tools found, and how far they are from each other.
func writeSpectra(w io.Writer, found map[string]spectrum, data string, s curvatureSetting) error {
	ours := found[ourName]
	fmt.Fprintf(w, "Hessian of an mlp with its initial weights on %d images of %s, float64, tolerance %g, trace from "+
		"%d samples\n\n",
		s.Examples, data, s.Tolerance, s.Samples)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "tool\tloss\teigenvalues\tproducts\tseconds\ttrace ± standard error\tseconds")
	for _, name := range slices.Sorted(maps.Keys(found)) {
		f := found[name]
		fmt.Fprintf(t, "%s\t%.10f\t%.6f\t%d\t%.2f\t%.3f ± %.3f\t%.2f\n", name, f.Loss, f.Eigenvalues, f.Products,
			f.Seconds, f.Trace, f.TraceError, f.TraceSeconds)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if name == ourName {
			continue
		}
		apart, err := farthest(ours.Eigenvalues, found[name].Eigenvalues)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		errors := math.Hypot(ours.TraceError, found[name].TraceError)
		fmt.Fprintf(w, "%s and %s: eigenvalues apart by %.1e at most, relatively; traces by %.1f standard errors\n",
			ourName, name, apart, math.Abs(ours.Trace-found[name].Trace)/errors)
	}
	return nil
}

// farthest is the largest relative distance of eigenvalues of equal rank.
func farthest(a, b []float64) (apart float64, err error) {
	if len(a) != len(b) {
		return 0, fmt.Errorf("%d eigenvalues against %d", len(a), len(b))
	}
	for i := range a {
		apart = max(apart, math.Abs(a[i]-b[i])/math.Abs(a[i]))
	}
	return apart, nil
}
