package experiment

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/checkpoint"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/recipe"
)

// OnNonfinite says what a run does when its loss or its weights are no longer finite. The summary of a run says how
// many of its updates were undone.
type OnNonfinite string

const (
	// Stop ends the run as one that diverged. The checkpoints that it has are of finite weights.
	Stop OnNonfinite = "stop"
	// Skip undoes the update of the step and goes on with the next batch. The state is copied after every step, which
	// costs its memory once more, and time.
	Skip OnNonfinite = "skip"
	// Rollback goes back to the state at the end of the last epoch, and on with the next batch: the updates since then
	// are undone. A checkpoint is saved at the end of every epoch.
	Rollback OnNonfinite = "rollback"
)

// OnNonfiniteNames are the names of what can be done.
var OnNonfiniteNames = []string{string(Stop), string(Skip), string(Rollback)}

// mostUndone is how often in a row a run undoes updates before it counts as diverged.
const mostUndone = 10

// diverged ends the loop when something is not finite.
type diverged struct {
	step int
	what string
}

func (d *diverged) Error() string { return fmt.Sprintf("%s at step %d", d.what, d.step) }

// whatToTry says how a recipe that diverged may be made not to.
func whatToTry(r recipe.Recipe) string {
	if r.Study != nil {
		return "try a lower learning rate in the base optimizer, a method with a lower rho or alpha " +
			"(xsam:rho=0.02:alpha=0.5), or Options.OnNonfinite"
	}
	lower := []string{fmt.Sprintf("learning rate (--lr, %g now)", r.LearningRate)}
	if r.Rho > 0 {
		lower = append(lower, fmt.Sprintf("ρ (--rho, %g now)", r.Rho))
	}
	if r.Refresh.Every > 0 && r.Correction.Alpha > 0 {
		lower = append(lower, fmt.Sprintf("α (--alpha, %g now)", r.Correction.Alpha))
	}
	return "try a lower " + strings.Join(lower, ", a lower ") + ", or --on-nonfinite skip or rollback"
}

// nonfinite says what is not finite after a step, "" when all is. Weights are looked at where they are at hand.
func (s *session) nonfinite(stats xsam.StepStats) (string, error) {
	if math.IsNaN(stats.Loss) || math.IsInf(stats.Loss, 0) {
		return fmt.Sprintf("the loss is %v", stats.Loss), nil
	}
	if s.options.OnNonfinite != Skip {
		return "", nil
	}
	finite, err := program.Finite(s.Store)
	if err != nil || finite {
		return "", err
	}
	return "the weights are not finite", nil
}

// recover undoes updates after a step, as the options say, or ends the run.
func (s *session) recover(step int, what string) error {
	lost := &diverged{step, what}
	if s.options.OnNonfinite == Stop || s.sums.InRow >= mostUndone {
		return lost
	}
	since, err := step-1, error(nil) // the step of the state that is gone back to
	switch {
	case s.options.OnNonfinite == Rollback:
		since, err = s.toLastEpoch()
	case s.good == nil:
		since, err = 0, s.toStart()
	default:
		err = s.good.Restore(s.Store)
	}
	undone := step - max(since, s.sums.UndoneAt) // those before UndoneAt are undone already
	if err == nil {
		err = errors.Join(optimizer.GetGlobalStepVar(s.Store).SetValue(tensors.FromScalar(int64(step))),
			s.Optimizer.SkipTo(s.Store, int64(step)))
	}
	if err != nil {
		return errors.Join(lost, err)
	}
	s.sums.Undone, s.sums.UndoneAt = s.sums.Undone+undone, step
	s.sums.InRow++
	s.options.Warn(fmt.Sprintf("%s: %v: %d updates are undone", s.name(), lost, undone))
	return nil
}

// toLastEpoch restores the state at the end of the last epoch, or that of the start before there is one, and returns
// its step.
func (s *session) toLastEpoch() (step int, err error) {
	c, _, err := checkpoint.NewestOf(s.checkpoints.saver.Folder, s.checkpoints.saver.Run, s.Store, s.endsEpoch)
	if err != nil {
		return 0, err
	}
	if c == nil {
		return 0, s.toStart()
	}
	return int(c.Step), errors.Join(c.Restore(s.Store), c.Close())
}

// toStart restores the state in which the run began.
func (s *session) toStart() error {
	if s.restored {
		return errors.New("there is no earlier state to go back to")
	}
	return s.Begin(s.recipe.Seed)
}

// endsEpoch tells whether a step is the last of an epoch.
func (s *session) endsEpoch(step int64) bool { return step%int64(s.StepsPerEpoch) == 0 }

// keepGood takes note of a state that is finite, to go back to.
func (s *session) keepGood(step int) error {
	switch s.options.OnNonfinite {
	case Skip:
		s.sums.InRow = 0
		return s.copyState(nil)
	case Rollback:
		if !s.endsEpoch(int64(step)) || step == s.Steps {
			return nil
		}
		row := s.sums.InRow
		s.sums.InRow = 0
		if path, err := s.save(); err != nil || path == "" {
			s.sums.InRow = row
			return err
		}
	}
	return nil
}

// copyState copies the state of the store and of what of a checkpoint it has not taken yet.
func (s *session) copyState(rest *checkpoint.Checkpoint) error {
	state, err := checkpoint.Copy(s.Store, rest)
	if err != nil {
		return err
	}
	err = s.good.Free()
	s.good = state
	return err
}
