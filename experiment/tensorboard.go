package experiment

import (
	"errors"

	"github.com/xsam-go/xsam/internal/tensorboard"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// tensorBoard writes the records of a run for TensorBoard too.
type tensorBoard struct {
	events *tensorboard.Writer
	recipe recipe.Recipe
	steps  int // of the whole run
}

// openTensorBoard begins an event file for a run that has made the given number of steps of all, and brings it up to
// date with the records in metrics.jsonl, which the run may have written without TensorBoard.
func openTensorBoard(dir string, r recipe.Recipe, done, steps int) (b *tensorBoard, err error) {
	b = &tensorBoard{recipe: r, steps: steps}
	var last int64
	if done == steps { // λmax at the end is measured again: what there is of the last step is written anew
		done--
	}
	if b.events, last, err = tensorboard.Open(dir, int64(done)); err != nil {
		return nil, err
	}
	settings, err := r.Scalars()
	if err == nil {
		err = b.events.Begin(settings)
	}
	if err != nil {
		return nil, errors.Join(err, b.events.Close())
	}
	run, err := runlog.ReadRun(dir)
	if err != nil {
		return nil, errors.Join(err, b.events.Close())
	}
	for _, r := range run.Records {
		if r.Step <= last {
			continue
		}
		if err := b.add(r); err != nil {
			return nil, errors.Join(err, b.events.Close())
		}
	}
	return b, nil
}

// add writes one record. A tag is named by what was measured on: train/… along training, test/… on the test set, and
// curvature/… on the examples of λmax.
func (b *tensorBoard) add(r runlog.Record) error {
	var scalars []tensorboard.Scalar
	add := func(tag string, value runlog.Number) {
		scalars = append(scalars, tensorboard.Scalar{Tag: tag, Value: value.Float()})
	}
	switch r.Kind {
	case runlog.Train:
		add("train/loss", r.Loss)
		if b.recipe.Study == nil { // which does not tell
			add("train/lr", runlog.Num(b.recipe.LearningRateAt(int(r.Step), b.steps))) // of the newest step
		}
		add("train/grad_norm", r.GradNorm)
		add("train/angle_deg", r.AngleDeg)
		add("train/lambda_max", r.LambdaMax)
		add("train/step_seconds", r.StepSeconds)
	case runlog.Eval:
		set := r.Split
		if set == runlog.TrainSplit {
			set = "train_set" // the whole of it with the weights held still, unlike train/
		}
		add(set+"/loss", r.Loss)
		add(set+"/accuracy", r.Accuracy)
		if study := b.recipe.Study; study != nil && r.Metric.Known() {
			add(set+"/"+study.Metric, r.Metric)
		}
	case runlog.Curvature:
		add("curvature/lambda_max", r.LambdaMax)
		add("curvature/angle_deg", r.AngleDeg)
	}
	return b.events.Add(r.Step, scalars...)
}

// end writes how the run ended; one that was interrupted has not.
func (b *tensorBoard) end(out runlog.Summary) error {
	switch {
	case out.Finished:
		return b.events.End(out.Steps, tensorboard.Succeeded)
	case out.Diverged:
		return b.events.End(out.Steps, tensorboard.Failed)
	}
	return nil
}
