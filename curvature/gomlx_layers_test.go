package curvature_test

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	mllayers "github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	mlattention "github.com/gomlx/gomlx/ml/layers/attention"
	"github.com/gomlx/gomlx/ml/layers/attention/pos"
	"github.com/gomlx/gomlx/ml/layers/fnn"
	"github.com/gomlx/gomlx/ml/layers/lstm"
	gomlxnorm "github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/layers/rational"
	"github.com/gomlx/gomlx/ml/model"
)

// gomlxNets are networks of GoMLX's own layers, a row of the table in docs/curvature.md each.
var gomlxNets = []gomlxNet{
	{row: "dense", build: func(s *model.Scope, x *graph.Node) *graph.Node {
		return mllayers.Dense(s.In("out"), graph.Tanh(mllayers.Dense(s.In("in"), x, true, 3)), true, 3)
	}},
	{row: "fnn", build: func(s *model.Scope, x *graph.Node) *graph.Node {
		return fnn.New(s, x, 3).NumHiddenLayers(2, 3).Activation(activation.TypeSwish).Residual(true).Normalization("layer").
			Dropout(0.3).Done()
	}},
	{row: "convolution", image: true, build: func(s *model.Scope, x *graph.Node) *graph.Node {
		x = graph.Tanh(mllayers.Convolution(s.In("first"), x).Channels(2).KernelSize(3).PadSame().Done())
		x = graph.Tanh(mllayers.Convolution(s.In("second"), x).Channels(2).KernelSize(2).Strides(2).Done())
		return graph.Reshape(graph.ReduceMean(x, 1, 2), x.Shape().Dim(0), -1)
	}},
	{row: "convolution", image: true, build: func(s *model.Scope, x *graph.Node) *graph.Node {
		x = graph.Reshape(x, x.Shape().Dim(0), 18, 4) // sequences
		x = graph.Tanh(mllayers.Convolution(s.In("first"), x).Channels(4).KernelSize(3).Strides(2).Done())
		x = graph.Tanh(mllayers.Convolution(s.In("second"), x).Channels(3).KernelSize(3).Dilations(2).Done())
		return graph.ReduceMean(x, 1)
	}},
	{row: "pooling", image: true, build: func(s *model.Scope, x *graph.Node) *graph.Node {
		x = mllayers.Convolution(s.In("conv"), x).Channels(2).KernelSize(1).Done()
		x = graph.Tanh(graph.Concatenate([]*graph.Node{graph.MaxPool(x).Window(3).Strides(2).PadSame().Done(),
			graph.MeanPool(x).Window(3).Strides(2).PadSame().Done(), graph.MinPool(x).Window(2).Done()}, -1))
		return mllayers.Dense(s.In("out"), graph.ReduceMean(x, 1, 2), true, 3)
	}},
	{row: "batch norm", noGo: true, image: true, build: func(s *model.Scope, x *graph.Node) *graph.Node {
		x = mllayers.Convolution(s.In("conv"), x).Channels(3).KernelSize(3).Done()
		x = graph.Tanh(gomlxnorm.BatchNorm(s.In("norm"), x, -1).Done())
		return mllayers.Dense(s.In("out"), graph.ReduceMean(x, 1, 2), true, 2)
	}},
	{row: "layer, RMS and tanh norm", build: func(s *model.Scope, x *graph.Node) *graph.Node {
		x = gomlxnorm.LayerNorm(s.In("layer"), mllayers.Dense(s.In("a"), x, true, 3), -1).Done()
		x = gomlxnorm.RMSNorm(s.In("rms"), graph.Tanh(mllayers.Dense(s.In("b"), x, true, 3))).Done()
		return mllayers.Dense(s.In("c"), gomlxnorm.DynamicTanh(s.In("tanh"), x).Done(), true, 3)
	}},
	{row: "attention", build: func(s *model.Scope, x *graph.Node) *graph.Node {
		g := x.Graph()
		x = graph.Reshape(x, x.Shape().Dim(0), 2, 2)
		x = mlattention.SelfAttention(s.In("attention"), x, 2, 2).WithPositionalEncoder(pos.NewRoPE(100)).WithCausalMask(true).
			WithDropout(graph.Scalar(g, x.DType(), 0.2)).Done()
		return mllayers.Dense(s.In("out"), graph.ReduceMean(x, 1), true, 3)
	}},
	{row: "embedding", build: func(s *model.Scope, x *graph.Node) *graph.Node {
		tokens := graph.ConvertDType(graph.GreaterThan(x, graph.ScalarZero(x.Graph(), x.DType())), dtypes.Int32)
		e := mllayers.Embedding(s.In("tokens"), tokens, x.DType(), 3, 2) // tied: in and out
		table := s.Store().GetVariable("/tokens/embeddings").NodeValue(x.Graph())
		return graph.Einsum("bd,vd->bv", graph.Tanh(mllayers.Dense(s.In("mix"), graph.ReduceMean(e, 1), true, 2)), table)
	}},
	{row: "lstm", build: func(s *model.Scope, x *graph.Node) *graph.Node {
		_, last, _ := lstm.New(s.In("lstm"), graph.Reshape(x, x.Shape().Dim(0), 4, 1), 2).Done()
		return mllayers.Dense(s.In("out"), graph.Reshape(last, x.Shape().Dim(0), -1), true, 3)
	}},
	{row: "rational", build: func(s *model.Scope, x *graph.Node) *graph.Node {
		return rational.New(s.In("rational"), mllayers.Dense(s.In("in"), x, true, 3)).Version("D").Approximate("tanh").WithNoise(0.1).Done()
	}},
	{row: "dropout", noGo: true, image: true, build: func(s *model.Scope, x *graph.Node) *graph.Node {
		g := x.Graph()
		x = mllayers.Convolution(s.In("conv"), x).Channels(3).KernelSize(3).Done()
		x = gomlxnorm.BatchNorm(s.In("norm"), x, -1).Done()
		x = mllayers.DropBlock(s.In("block"), x).WithDropoutProbability(0.2).WithBlockSize(2).Done()
		x = graph.ReduceMean(graph.Tanh(x), 1, 2)
		x = mllayers.DropPath(s.In("path"), x, graph.Scalar(g, x.DType(), 0.2))
		return mllayers.Dense(s.In("out"), mllayers.DropoutStatic(s.In("drop"), x, 0.4), true, 2)
	}},
	{row: "calibration", build: func(s *model.Scope, x *graph.Node) *graph.Node {
		keypoints := graph.Const(x.Graph(), []float64{-1, 0, 1})
		y := mllayers.PieceWiseLinearCalibration(s, mllayers.Dense(s.In("in"), x, true, 1), keypoints, true)
		return graph.Concatenate([]*graph.Node{y, graph.CumSum(graph.Slice(mllayers.Dense(s.In("more"), x, true, 3),
			graph.AxisRange(), graph.AxisRange(1)), -1)}, -1)
	}},
}
