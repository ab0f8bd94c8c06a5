package flags

import (
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/handover"
)

// Saved holds the flags about the weights of a run.
type Saved struct {
	checkpoint string
	places     handover.Places
}

// Add adds the flags.
func (s *Saved) Add(set *pflag.FlagSet) {
	set.StringVar(&s.checkpoint, "checkpoint", "last", "`weights`: last, or epoch:N (kept by --keep-every of train)")
	set.StringVar(&s.places.Data, "data-dir", "", "`folder` where the data of the run is now (default: where it was)")
	set.StringVar(&s.places.Model, "model-dir", "", "`folder` where its onnx:FILE is now (default: where it was)")
	set.StringVar(&s.places.Weights, "weights-dir", "",
		"`folder` where its safetensors:FILE is now (default: where it was)")
}

// Open opens a run directory, and prints what is not as it should be.
func (s *Saved) Open(engine *backend.Engine, dir string, stderr io.Writer) (*handover.Run, error) {
	r, err := handover.Open(engine, dir, s.checkpoint, s.places)
	if err != nil {
		return nil, err
	}
	for _, w := range r.Warnings {
		fmt.Fprintln(stderr, "warning:", w)
	}
	return r, nil
}
