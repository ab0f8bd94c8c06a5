package flags

import (
	"context"
	"errors"
	"io"

	"github.com/xsam-go/xsam/handover"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
)

// Saved holds the flags about the weights of a run, and about the file that is made of them.
type Saved struct {
	To         string
	checkpoint string
	places     handover.Places
	engine     Engine
}

// Groups returns the flags; title and to say what is made.
func (s *Saved) Groups(title, to string) []Group {
	what, running := NewGroup(title), NewGroup("Running")
	set := what.Flags
	set.StringVar(&s.To, "to", "", to)
	set.StringVar(&s.checkpoint, "checkpoint", "last", "`weights`: last, or epoch:N (kept by --keep-every of train)")
	set.StringVar(&s.places.Data, "data-dir", "", "`folder` where the data of the run is now (default: where it was)")
	set.StringVar(&s.places.Model, "model-dir", "", "`folder` where its onnx:FILE is now (default: where it was)")
	set.StringVar(&s.places.Weights, "weights-dir", "",
		"`folder` where its safetensors:FILE is now (default: where it was)")
	s.engine.Add(running.Flags)
	return []Group{what, running}
}

// Open opens a run directory, prints what is not as it should be, passes the run to use, and closes it.
func (s *Saved) Open(ctx context.Context, dir string, stderr io.Writer, use func(*handover.Run) error) (err error) {
	engine, err := s.engine.Open(ctx, stderr, true)
	if err != nil {
		return err
	}
	defer engine.Finalize()
	r, err := handover.Open(engine, dir, s.checkpoint, s.places)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	show.Warnings(stderr, r.Warnings...)
	return use(r)
}
