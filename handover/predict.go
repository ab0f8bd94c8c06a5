package handover

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/datasets/own"
)

// Predictions say how many examples were predicted correctly, by their labels.
type Predictions struct {
	Examples int
	Right    int     // predicted the class of the label; 0 for a regression
	Squared  float64 // mean squared error of a regression, in the squared units of the data; else 0
}

// Predict writes a line of CSV for each example of data: its number from 0, its label, the prediction, and the
// probability of each class (not for a regression). data is what --data takes, or "" for the test part of the run's own
// data. Examples are normalised as those that the run was trained on.
func (r *Run) Predict(data string, w io.Writer) (p Predictions, err error) {
	set, err := r.examples(data)
	if err != nil {
		return p, err
	}
	out := csv.NewWriter(w)
	header := []string{"example", "label", "prediction"}
	if !set.Regression() {
		for class := range set.Classes {
			header = append(header, "p:"+r.class(class))
		}
	}
	if err := out.Write(header); err != nil {
		return p, err
	}
	err = r.program.Predict(set, func(row int, y []float64) error {
		p.Examples++
		if set.Regression() {
			number := func(x float64) float64 { return x*r.data.TargetStd + r.data.TargetMean }
			is, says := number(float64(set.Targets[row])), number(y[0])
			p.Squared += (is - says) * (is - says)
			return out.Write([]string{strconv.Itoa(row), r.measured(is), r.measured(says)})
		}
		best := 0
		for class, share := range y {
			if share > y[best] {
				best = class
			}
		}
		if best == int(set.Labels[row]) {
			p.Right++
		}
		line := []string{strconv.Itoa(row), r.class(int(set.Labels[row])), r.class(best)}
		for _, share := range y {
			line = append(line, text(share))
		}
		return out.Write(line)
	})
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	if set.Regression() {
		p.Squared /= float64(max(1, p.Examples))
	}
	return p, err
}

// Regression tells whether the run learnt a number and no class.
func (r *Run) Regression() bool { return r.data.Train.Regression() }

// examples reads the examples to predict.
func (r *Run) examples(data string) (*datasets.Set, error) {
	_, ok := own.Parse(data)
	if data == "" || data == r.Recipe.Data && !ok {
		return r.data.Test, nil
	}
	if ok {
		return datasets.LoadLike(r.data, data, datasets.Options{Own: r.Recipe.DataOptions().Own})
	}
	return nil, fmt.Errorf("handover: data %q: want %s, whose test part is predicted, or data of your own: %s", data,
		r.Recipe.Data, datasets.OwnForms())
}

// class is the name of a class.
func (r *Run) class(number int) string {
	if number < len(r.data.ClassNames) {
		return r.data.ClassNames[number]
	}
	return strconv.Itoa(number)
}

// measured writes a number that is learnt to a millionth of its deviation, which is what float32 tells apart, however
// large it is itself.
func (r *Run) measured(x float64) string {
	decimals := max(0, 6-int(math.Ceil(math.Log10(r.data.TargetStd))))
	if decimals > 15 || math.Abs(x) > 1e15 {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	text := strconv.FormatFloat(x, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func text(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// Training passes the number of each training example, its label, and the probability of each class, in the order in
// which the run's data has them; label noise is in the labels. It fails for a regression, which has no classes.
func (r *Run) Training(use func(row int, label int32, probabilities []float64)) error {
	if r.Regression() {
		return fmt.Errorf("handover: %s learns a number, and has no classes", r.Recipe.Data)
	}
	set := r.data.Train
	return r.program.Predict(set, func(row int, p []float64) error {
		use(row, set.Labels[row], p)
		return nil
	})
}
