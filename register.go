package xsam

import (
	"encoding"
	"fmt"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/internal/parameter"
)

// ParamBase is the hyperparameter that names the base optimizer of one that is made by name, default "adamw".
const ParamBase = "xsam_base"

// Param is the hyperparameter of the parameter called name: "xsam_rho" for "rho", "xsam_refresh_every" for
// "refresh-every". Its value has the type of the field of Config, and that of an enumeration is a text. What is not
// set comes from the preset.
func Param(name string) string {
	p, ok := parameter.Find(name)
	if !ok {
		exceptions.Panicf("xsam: there is no parameter %q: want one of %v", name, parameter.Names())
	}
	return "xsam_" + p.Key()
}

// An optimizer made by name finds its objective in the graph: train with ModelFn and LossFn of an
// objective.Objective, on the data set that Optimizer.Schedule returns. "sgd" stays GoMLX's own.
func init() {
	for name, preset := range Presets {
		if _, known := optimizer.KnownOptimizers[name]; !known {
			optimizer.KnownOptimizers[name] = func(scope *model.Scope) optimizer.Interface { return FromScope(scope, preset()) }
		}
	}
}

// SetDefaultParams puts the parameters of the preset into the store as hyperparameters, so that GoMLX's settings can
// change them: -set xsam_rho=0.1.
func SetDefaultParams(store *model.Store, preset Config) {
	store.SetParam(ParamBase, "adamw")
	for _, p := range parameter.All {
		field := preset.field(p.Name)
		if _, isText := field.Addr().Interface().(encoding.TextUnmarshaler); isText {
			store.SetParam(Param(p.Name), preset.Get(p.Name))
			continue
		}
		store.SetParam(Param(p.Name), field.Interface())
	}
}

// FromScope returns preset with the hyperparameters of the scope laid over it, around the base optimizer that
// ParamBase names. As in Method, the probe radius follows rho unless it is set itself, too. Like GoMLX's own
// constructors it panics on an unknown name or a value out of range.
func FromScope(scope *model.Scope, preset Config) *Optimizer {
	c := preset
	for _, p := range parameter.All {
		value, found := scope.GetParam(Param(p.Name))
		if !found {
			continue
		}
		if err := c.Set(p.Name, fmt.Sprint(value)); err != nil {
			exceptions.Panicf("xsam: hyperparameter %s = %v: %v", Param(p.Name), value, err)
		}
	}
	c.follow(func(name string) bool { return c.Get(name) == preset.Get(name) })
	name := model.GetParamOr(scope, ParamBase, "adamw")
	if _, nested := Presets[name]; nested && name != "sgd" {
		exceptions.Panicf("xsam: %s = %q: the base optimizer cannot be one of this package's own", ParamBase, name)
	}
	o, err := newOptimizer(nil, optimizer.ByName(scope, name), c)
	if err != nil {
		panic(err)
	}
	return o
}
