package experiment

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/ml/train/metric"

	"github.com/xsam-go/xsam/runlog"
)

// Better says which way a metric is better.
type Better string

const (
	Higher Better = runlog.MetricHigher // as with an accuracy, a correlation, a BLEU score
	Lower  Better = runlog.MetricLower  // as with an error, a perplexity
)

// Metric is what a study measures beside the loss. The zero value is none.
type Metric struct {
	// Name is what tables and pages call it: "perplexity".
	Name   string
	Better Better
	// Of computes it over a data set, as GoMLX's trainer has it done: its value after the last batch counts. Take one that
	// is a mean over the data set (metric.NewMeanMetric), not a moving average.
	Of metric.Interface

	accuracy bool
}

// Accuracy declares a metric that is the share of answers that are right, a fraction from 0 to 1. It is recorded as the
// accuracy of the command's runs is, and every part of table and page has it.
func Accuracy(of metric.Interface) Metric {
	return Metric{Name: "accuracy", Better: Higher, Of: of, accuracy: true}
}

// check reports a metric that is half declared, or that there is nothing to measure on.
func (m Metric) check(test bool) error {
	if m == (Metric{}) {
		return nil
	}
	var errs []error
	if m.Name == "" || m.Of == nil {
		errs = append(errs, fmt.Errorf("experiment: metric %q, Of %T: want a name and a metric, or neither", m.Name, m.Of))
	}
	if m.Better != Higher && m.Better != Lower {
		errs = append(errs, fmt.Errorf("experiment: metric %s, Better = %q: want experiment.Higher or experiment.Lower",
			m.Name, m.Better))
	}
	if !test {
		errs = append(errs, fmt.Errorf("experiment: metric %s without Study.Test: want data to measure it on", m.Name))
	}
	return errors.Join(errs...)
}
