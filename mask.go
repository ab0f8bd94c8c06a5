package xsam

import (
	"path"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Ascent.Of leaves parameters out of the ascent: their entries of ε are 0, and ρ is the length of the others. The pair
// of a pair step is taken over all parameters.
//
// WeightsOnly keeps what has two axes or more. NormsOnly keeps what has fewer and has no such parameter beside it in
// its scope: the scale and the offset of a norm stand alone, a bias stands beside its matrix.
//
// Reference of NormsOnly: Mueller, Vlaar, Rolnick, Hein (2023), "Normalization Layers Are All That Sharpness-Aware
// Minimization Needs" (SAM-ON).

// has tells of each of vars whether it is in the mask.
func (m Mask) has(vars []*model.Variable) []bool {
	besideMatrix := map[string]bool{}
	for _, v := range vars {
		if v.Shape().Rank() >= 2 {
			besideMatrix[path.Dir(v.Path())] = true
		}
	}
	in, any := make([]bool, len(vars)), false
	for i, v := range vars {
		switch m {
		case WeightsOnly:
			in[i] = v.Shape().Rank() >= 2
		case NormsOnly:
			in[i] = v.Shape().Rank() < 2 && !besideMatrix[path.Dir(v.Path())]
		default:
			in[i] = true
		}
		any = any || in[i]
	}
	if !any {
		exceptions.Panicf("xsam: Ascent.Of = %v, but none of the model's %d parameters is one: want another mask, or a "+
			"model whose norms are in scopes of their own", m, len(vars))
	}
	return in
}

// only returns d with 0 for what is not in the mask.
func (m Mask) only(vars []*model.Variable, d []*graph.Node) []*graph.Node {
	if m == AllParameters {
		return d
	}
	kept := make([]*graph.Node, len(d))
	for i, in := range m.has(vars) {
		kept[i] = d[i]
		if !in {
			kept[i] = graph.ZerosLike(d[i])
		}
	}
	return kept
}
