package forward

import (
	"reflect"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/support/exceptions"
)

// canonical returns a model function in any of the forms of train.ModelFnCompatible as a train.ModelFn. GoMLX's own
// conversion is not exported; this one goes by the types of arguments and results, when a graph is built.
func canonical(modelFn any) train.ModelFn {
	f := reflect.ValueOf(modelFn)
	if f.IsNil() {
		exceptions.Panicf("objective: New got a nil model function, a %T: want one that train.NewTrainer takes",
			modelFn)
	}
	switch direct := modelFn.(type) {
	case train.ModelFn:
		return direct
	case func(*model.Scope, any, []*graph.Node) []*graph.Node:
		return direct
	}
	return func(scope *model.Scope, spec any, inputs []*graph.Node) []*graph.Node {
		var predictions []*graph.Node
		for _, result := range f.Call(arguments(f.Type(), scope, spec, inputs)) {
			switch result := result.Interface().(type) {
			case *graph.Node:
				predictions = append(predictions, result)
			case []*graph.Node:
				predictions = append(predictions, result...)
			}
		}
		return predictions
	}
}

// arguments lays out what a model function of type f asks for: the scope, the spec if it wants it, and the graph, the
// inputs one by one, or all of them. Inputs that it does not ask for are left out, as GoMLX does.
func arguments(f reflect.Type, scope *model.Scope, spec any, inputs []*graph.Node) []reflect.Value {
	var args []reflect.Value
	next := 0 // input
	for i := range f.NumIn() {
		switch f.In(i) {
		case reflect.TypeFor[*model.Scope]():
			args = append(args, reflect.ValueOf(scope))
		case reflect.TypeFor[any]():
			args = append(args, reflect.ValueOf(&spec).Elem()) // which may be nil
		case reflect.TypeFor[*graph.Graph]():
			args = append(args, reflect.ValueOf(inputs[0].Graph()))
		case reflect.TypeFor[[]*graph.Node]():
			args = append(args, reflect.ValueOf(inputs))
		default: // *graph.Node
			if next == len(inputs) {
				exceptions.Panicf("objective: the batch has %d inputs, too few for the model function %s",
					len(inputs), f)
			}
			args = append(args, reflect.ValueOf(inputs[next]))
			next++
		}
	}
	return args
}
