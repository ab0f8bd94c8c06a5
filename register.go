package xsam

import (
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Hyperparameters that the registered optimizers read from the store. What is not set comes from the preset.
const (
	ParamBase            = "xsam_base"             // name of the base optimizer, default "adamw"
	ParamRho             = "xsam_rho"              // float64, Config.Rho
	ParamAlpha           = "xsam_alpha"            // float64, Config.Alpha
	ParamAscentEvery     = "xsam_ascent_every"     // int, Config.AscentEvery
	ParamRefreshEvery    = "xsam_refresh_every"    // int, Config.RefreshEvery
	ParamWarmupRefreshes = "xsam_warmup_refreshes" // int, Config.WarmupRefreshes
	ParamProbeRadius     = "xsam_probe_radius"     // float64, Config.ProbeRadius
	ParamEpochSteps      = "xsam_epoch_steps"      // int, Config.EpochSteps
	ParamLength          = "xsam_length"           // string, as ParseLength reads it
	ParamCorrection      = "xsam_correction"       // string, as ParseCorrection reads it
)

// Presets are the named configurations, by the names under which they are registered in optimizer.KnownOptimizers.
//
// An optimizer made by name finds its objective in the graph: train with ModelFn and LossFn of an objective.Objective,
// on the data set that Optimizer.Schedule returns.
var Presets = map[string]func() Config{
	"sam":        SAMConfig,
	"nsam":       NSAMConfig,
	"ssam":       SSAMConfig,
	"asam":       ASAMConfig,
	"looksam":    LookSAMConfig,
	"xsam":       DefaultConfig,
	"xsam-lite":  LiteConfig,
	"xsam-paper": PaperConfig,
}

func init() {
	for name, preset := range Presets {
		optimizer.KnownOptimizers[name] = func(scope *model.Scope) optimizer.Interface { return FromScope(scope, preset()) }
	}
}

// FromScope returns preset with the hyperparameters of the scope laid over it, around the base optimizer that
// ParamBase names. Like GoMLX's own constructors it panics on an unknown name or a value out of range.
func FromScope(scope *model.Scope, preset Config) *Optimizer {
	c := preset
	c.Rho = model.GetParamOr(scope, ParamRho, c.Rho)
	c.Alpha = model.GetParamOr(scope, ParamAlpha, c.Alpha)
	c.AscentEvery = model.GetParamOr(scope, ParamAscentEvery, c.AscentEvery)
	c.RefreshEvery = model.GetParamOr(scope, ParamRefreshEvery, c.RefreshEvery)
	c.WarmupRefreshes = model.GetParamOr(scope, ParamWarmupRefreshes, c.WarmupRefreshes)
	c.ProbeRadius = model.GetParamOr(scope, ParamProbeRadius, c.ProbeRadius)
	c.EpochSteps = model.GetParamOr(scope, ParamEpochSteps, c.EpochSteps)
	length, err := ParseLength(model.GetParamOr(scope, ParamLength, c.Length.String()))
	if err != nil {
		panic(err)
	}
	c.Length = length
	form, err := ParseCorrection(model.GetParamOr(scope, ParamCorrection, c.Correction.String()))
	if err != nil {
		panic(err)
	}
	c.Correction = form

	name := model.GetParamOr(scope, ParamBase, "adamw")
	if _, nested := Presets[name]; nested {
		exceptions.Panicf("xsam: %s = %q: the base optimizer cannot be one of this package's own", ParamBase, name)
	}
	o, err := newOptimizer(nil, optimizer.ByName(scope, name), c)
	if err != nil {
		panic(err)
	}
	return o
}
