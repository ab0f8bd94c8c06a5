package measure

import (
	"context"
	"path"
	"strings"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/runlog"
)

// layers finds λmax of the block of the matrix that belongs to each layer.
func (w *measurer) layers(ctx context.Context, out *runlog.Measurement) error {
	h, err := w.product()
	if err != nil {
		return err
	}
	names, parts := byLayer(w.examples.Problem.Parameters())
	out.Converged = true
	for _, name := range names {
		b := block(h, parts[name])
		r, err := w.eigenpairs(ctx, b, 1)
		if err != nil {
			return err
		}
		out.Converged = out.Converged && r.Converged
		if !r.Converged {
			out.Reason = string(r.Reason)
		}
		out.Layers = append(out.Layers, runlog.LayerBlock{
			Layer: name, Parameters: b.Dim(), LambdaMax: runlog.Num(r.Value()), Residual: runlog.Num(r.RelativeResidual()),
			Converged: r.Converged,
		})
	}
	return nil
}

// byLayer groups parameters by the scope that they are in, which is that of their layer, in their order.
func byLayer(parameters []curvature.Parameter) (names []string, parts map[string][]curvature.Parameter) {
	parts = map[string][]curvature.Parameter{}
	for _, q := range parameters {
		name := strings.TrimPrefix(path.Dir(q.Path), "/")
		if parts[name] == nil {
			names = append(names, name)
		}
		parts[name] = append(parts[name], q)
	}
	return names, parts
}

// block is the diagonal block of h that belongs to some of the parameters. A product costs one with the whole of h.
func block(h curvature.Operator, parts []curvature.Parameter) curvature.Operator {
	size := 0
	for _, q := range parts {
		size += q.Size
	}
	whole, image := make([]float64, h.Dim()), make([]float64, h.Dim())
	return curvature.OperatorFunc(size, func(ctx context.Context, dst, src []float64) error {
		at := 0
		for _, q := range parts {
			at += copy(whole[q.Offset:q.Offset+q.Size], src[at:])
		}
		if err := h.Apply(ctx, image, whole); err != nil {
			return err
		}
		at = 0
		for _, q := range parts {
			at += copy(dst[at:], image[q.Offset:q.Offset+q.Size])
		}
		return nil
	})
}
