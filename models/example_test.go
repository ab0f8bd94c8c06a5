package models_test

import (
	"fmt"
	"log"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/models"
)

// The perceptron of the digits experiments: 65·128 + 129·128 + 129·10 parameters.
func ExampleNew() {
	config := models.DefaultConfig("mlp")
	config.Height, config.Width, config.Channels = 8, 8, 1
	m, err := models.New(config)
	if err != nil {
		log.Fatal(err)
	}
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	store := model.NewStore()
	exec := model.MustNewExec(engine, store, func(scope *model.Scope, images *graph.Node) *graph.Node {
		return m.Graph(scope, nil, []*graph.Node{images})[0]
	})
	images := tensors.FromFlatDataAndDimensions(make([]float32, 5*8*8), 5, 8, 8, 1)
	logits, err := exec.Call1(images)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(logits.Shape(), models.CountParameters(store.RootScope()))
	// Output: (Float32)[5, 10] 26122
}
