package experiment

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/runlog"
)

// claim keeps other processes from writing to the run directory: from training there and, where the run there is
// overwritten, from measuring its weights, whose record would be taken for one of the new run.
func (s *session) claim() error {
	names := []string{runlog.ClaimFile}
	if s.options.Existing == Overwrite {
		names = append(names, runlog.MeasuringClaimFile)
	}
	for _, name := range names {
		c, err := runlog.ClaimRun(s.dir, name)
		if err != nil {
			return err
		}
		s.claims = append(s.claims, c)
	}
	return nil
}

// checkClaims returns an error when another process has taken over the directory.
func (s *session) checkClaims() error {
	for _, c := range s.claims {
		if err := c.Check(); err != nil {
			return err
		}
	}
	return nil
}

// checkRecords reports records that are missing of the epochs before the checkpoint, of which there is one of each, and
// those of another run.
func (s *session) checkRecords(run *runlog.Run) error {
	file := filepath.Join(s.dir, runlog.MetricsFile)
	epochs := map[int64]bool{}
	for _, r := range run.Records {
		if r.Kind == runlog.Train && r.Step <= int64(s.done()) {
			epochs[r.Step] = true
		}
	}
	if want := s.done() / s.StepsPerEpoch; len(epochs) < want {
		return obstacle{fmt.Errorf("experiment: %s cannot be resumed: %s has records of %d of the %d epochs before its "+
			"checkpoint: put it back, overwrite the run or choose another directory", s.dir, file, len(epochs), want)}
	}
	if last := s.sums.Records; last != "" && !run.Holds(last) {
		return obstacle{fmt.Errorf("experiment: %s cannot be resumed: %s lacks the last record before its checkpoint: lines "+
			"are gone, or it is another run's: put it back, overwrite the run or choose another directory", s.dir, file)}
	}
	return nil
}

// record writes a record.
func (s *session) record(r runlog.Record) error {
	err := s.checkClaims()
	if err == nil {
		err = s.metrics.Append(r)
	}
	if err == nil && s.tensorBoard != nil {
		err = s.tensorBoard.add(r)
	}
	return err
}

// save writes a checkpoint of the finished steps, after the records that were made on the way to it, and returns the
// path of its files without extension.
func (s *session) save() (path string, err error) {
	if s.savedPath != "" && s.savedStep == s.done() {
		return s.savedPath, nil
	}
	if finite, err := program.Finite(s.Store); err != nil || !finite {
		return "", err // nobody wants to go on from it; the next step ends or mends the run
	}
	if err := errors.Join(s.checkClaims(), s.syncRecords()); err != nil {
		return "", err
	}
	t := s.sums
	t.Wall, t.Records = s.wall(), s.metrics.Sum()
	s.saved = time.Now()
	if path, err = s.checkpoints.save(t); err == nil {
		s.savedPath, s.savedStep = path, s.done()
	}
	return path, err
}

// syncRecords brings the records to disk, before what says that they are there.
func (s *session) syncRecords() error {
	err := s.metrics.Sync()
	if err == nil && s.tensorBoard != nil {
		err = s.tensorBoard.events.Sync()
	}
	return err
}

// writeSummary writes the outcome, after the records.
func (s *session) writeSummary(out runlog.Summary) error {
	if err := s.checkClaims(); err != nil {
		return err
	}
	if s.tensorBoard != nil {
		if err := s.tensorBoard.end(out); err != nil {
			return err
		}
	}
	if err := s.syncRecords(); err != nil {
		return err
	}
	return runlog.WriteSummary(s.dir, out)
}
