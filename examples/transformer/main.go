// Transformer learns to sort: a small transformer with AdamW, dropout and masks, in GoMLX's own layers, trained with
// X-SAM. It saves checkpoints and resumes from them.
//
//	go run ./examples/transformer -dir sort              begin, or go on
//	go run ./examples/transformer -dir sort -parts 4     each batch in 4 parts, for less memory
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/attention"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/objective"
)

const tokens, places, width = 12, 8, 32 // numbers 1 to 11, and 0 for padding

func main() {
	dir := flag.String("dir", "", "folder of the checkpoints; without it there are none")
	steps := flag.Int("steps", 600, "updates in all")
	parts := flag.Int("parts", 0, "parts of a batch; 0 does not cut it")
	flag.Parse()
	if err := run(*dir, *steps, *parts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string, steps, parts int) error {
	engine, err := backend.Open(context.Background(), backend.Options{Out: os.Stderr})
	if err != nil {
		return err
	}
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(1))
	var saved *checkpoint.Handler
	if dir != "" { // before the trainer
		if saved, err = checkpoint.Build(store).Dir(dir).Keep(2).Immediate().Done(); err != nil {
			return err
		}
	}
	config := xsam.DefaultConfig()
	config.Alpha = 0.5
	base := optimizer.Adam().LearningRate(0.003).WeightDecay(0.01).Done()
	obj := objective.New(transformer, tokenLoss)
	opt, err := xsam.New(obj, base, config)
	if err != nil {
		return err
	}
	begun := optimizer.GetGlobalStep(store)
	ds, count := opt.Schedule(store, numbers(begun)), max(0, steps-int(begun))
	if parts > 0 { // a step of the trainer is a part of an update
		if ds, err = opt.Accumulate(store, numbers(begun), parts); err != nil {
			return err
		}
		count = 0
		for i := begun; i < int64(steps); i++ {
			count += config.MicroSteps(i, parts)
		}
	}
	trainer := train.NewTrainer(engine.Backend, store, obj.ModelFn, obj.LossFn, opt, opt.Metrics(), nil)
	if _, err := train.NewLoop(trainer).RunSteps(ds, count); err != nil {
		return err
	}
	if saved != nil {
		if err := saved.Save(); err != nil {
			return err
		}
	}
	stats, err := opt.Stats(store)
	if err != nil {
		return err
	}
	fmt.Printf("step %d: loss %.3f, λ %.2f\n", optimizer.GetGlobalStep(store), stats.Loss, stats.Lambda)
	return nil
}

// transformer maps token ids [batch, places] to logits [batch, places, tokens].
func transformer(scope *model.Scope, ids *graph.Node) *graph.Node {
	g := ids.Graph()
	counts := graph.NotEqual(ids, graph.ZerosLike(ids))
	table := scope.VariableWithShape("embedding", shapes.Make(dtypes.Float32, tokens, width)).NodeValue(g)
	where := scope.VariableWithShape("places", shapes.Make(dtypes.Float32, places, width)).NodeValue(g)
	x := graph.Add(graph.Gather(table, graph.ExpandAxes(ids, -1)), graph.ExpandLeftToRank(where, 3))
	rate := graph.Scalar(g, dtypes.Float32, 0.05)
	for i := range 2 {
		block := scope.In("block%d", i)
		y := attention.SelfAttention(block.In("attention"), norm.LayerNorm(block.In("norm1"), x, -1).Done(), 4, width/4).
			WithKeyMask(counts).Done()
		x = graph.Add(x, layers.Dropout(block.In("dropout1"), y, rate))
		y = layers.Dense(block.In("up"), norm.LayerNorm(block.In("norm2"), x, -1).Done(), true, 2*width)
		y = layers.Dense(block.In("down"), activation.Apply(activation.TypeGelu, y), true, width)
		x = graph.Add(x, layers.Dropout(block.In("dropout2"), y, rate))
	}
	return graph.Einsum("btd,vd->btv", norm.LayerNorm(scope.In("norm"), x, -1).Done(), table) // tied embeddings
}

// tokenLoss is the mean over the places that count. Accumulate finds by itself what it divides by.
func tokenLoss(labels, logits []*graph.Node) *graph.Node {
	each := graph.Neg(graph.ReduceSum(graph.Mul(graph.OneHot(labels[0], tokens, dtypes.Float32),
		graph.LogSoftmax(logits[0], -1)), -1))
	counts := graph.ConvertDType(graph.NotEqual(labels[0], graph.ZerosLike(labels[0])), dtypes.Float32)
	return graph.Div(graph.ReduceAllSum(graph.Mul(each, counts)), graph.ReduceAllSum(counts))
}

// numbers yields rows of numbers, and the same rows sorted, from batch number first on.
type numbers int64

func (numbers) Name() string { return "numbers" }

func (n numbers) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for i := int64(n); ; i++ {
			random, x, y := rand.New(rand.NewPCG(1, uint64(i))), make([]int32, 0, 64*places), make([]int32, 0, 64*places)
			for range 64 {
				row := make([]int32, places)
				length := 3 + random.IntN(places-2)
				for j := range length {
					row[j] = 1 + random.Int32N(tokens-1)
				}
				x = append(x, row...)
				slices.Sort(row[:length])
				y = append(y, row...)
			}
			if !yield(train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, 64, places)},
				Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, 64, places)}}, nil) {
				return
			}
		}
	}
}
