// Package measure measures the curvature of a run's weights, at its start, at its end and at the snapshots between:
// spectrum, trace, density, angle to the gradient, sharpness, layers, landscapes. curvature.jsonl in the run directory
// holds the results.
package measure
