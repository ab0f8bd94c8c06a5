package recipe

import (
	"fmt"
	"maps"
	"strings"

	"github.com/xsam-go/xsam/datasets/own"
)

// The rates with which models learn (docs/studies/defaults.md): of sgd with momentum 0.9, by what a model is made of,
// and of adam and adamw by the same.
const (
	normedRate   = 0.1  // residual nets with batch norm, batches of 128
	smallRate    = 0.05 // these with smaller batches; nets of tokens; mlp on digits and on tables
	plainRate    = 0.02 // nets without norms
	deepRate     = 0.01 // vgg; perceptrons of a depth of the user's own
	adaptiveRate = 0.001

	adaptiveNormedRate = 0.003 // of adam and adamw, for residual nets and nets of tokens
)

// AdaptiveAlpha is the α that xsam and xsam-lite start from where the base optimizer is adam or adamw, in the place of
// 1 (docs/studies/defaults.md).
const AdaptiveAlpha = 0.5

// adaptiveDecay is the decoupled weight decay that adamw starts from.
const adaptiveDecay = 0.01

// SuitedText says what Suit chooses, by flag.
var SuitedText = map[string]string{
	"lr": fmt.Sprintf("by model and base: %g for residual nets, %g for these on small sets, vit, mixer, and mlp on "+
		"digits and tables, %g for vgg and mlp-DEPTHxWIDTH, else %g; with adam and adamw %g, for residual nets, vit and "+
		"mixer %g; %g for a regression",
		normedRate, smallRate, deepRate, plainRate, adaptiveRate, adaptiveNormedRate, RegressionRate),
	"batch": fmt.Sprintf("64 for glyphs and digits, 32 for your images, 16 for tables, else 128; halved until an epoch "+
		"has %d steps", fewestSteps),
	"weight-decay": fmt.Sprintf("5e-05 for glyphs, digits and your own, else 0.0005; with adamw %g", adaptiveDecay),
}

// UsualBase is the base optimizer that a model is trained with where nobody says which: adamw for nets of tokens.
func UsualBase(model string) string {
	if tokens(model) {
		return "adamw"
	}
	return "sgd"
}

// tokens tells whether a model is a net of tokens, whose norms are those of layers.
func tokens(model string) bool { return model == "vit" || model == "mixer" }

// Suit sets what belongs to data, model and base optimizer together: learning rate, weight decay, and a batch that fits
// so many training examples, 0 where their number is not known. Set Data, Task, Model and Optimizer before, and all
// that is to be otherwise after it.
func (r *Recipe) Suit(examples int) {
	if examples > 0 {
		r.Batch = FittingBatch(examples, r.Batch)
	}
	r.LearningRate = r.suitedRate()
	switch r.Optimizer {
	case "adam":
		r.WeightDecay = 0 // it has none
	case "adamw":
		r.WeightDecay = adaptiveDecay
	}
}

// suitedRate is the learning rate of the model with the base optimizer.
func (r *Recipe) suitedRate() float64 {
	source, mine := own.Parse(r.Data)
	residual := strings.HasPrefix(r.Model, "resnet") || strings.HasPrefix(r.Model, "wrn")
	switch {
	case r.Adaptive() && (residual || tokens(r.Model)):
		return adaptiveNormedRate
	case r.Adaptive():
		return adaptiveRate
	case r.Regression():
		return RegressionRate
	case tokens(r.Model), r.Model == "mlp" && (r.Data == "digits" || source.Tabular()):
		return smallRate
	case strings.HasPrefix(r.Model, "vgg"), strings.HasPrefix(r.Model, "mlp-"):
		return deepRate
	case residual && (mine || r.Batch < 128): // the statistics of few images are noise
		return smallRate * min(1, float64(r.Batch)/32)
	case residual:
		return normedRate
	}
	return plainRate
}

// Adaptive tells whether the base optimizer divides by the size of gradients.
func (b Base) Adaptive() bool { return b.Optimizer == "adam" || b.Optimizer == "adamw" }

// Steps that an epoch has at least, and images that a batch has, where a set has enough.
const (
	fewestSteps   = 6
	smallestBatch = 4
)

// FittingBatch is the largest power of two that leaves fewestSteps in an epoch, within smallestBatch and usual.
func FittingBatch(examples, usual int) int {
	batch := usual
	for batch > smallestBatch && batch*fewestSteps > examples {
		batch /= 2
	}
	return max(1, min(batch, examples))
}

// suitedSettings are the settings of a method with what the base optimizer wants: AdaptiveAlpha for xsam and xsam-lite,
// where α is not set. Others have an α of their authors, or of another meaning.
func (b Base) suitedSettings(label string, settings map[string]string) map[string]string {
	method, _, _ := strings.Cut(label, ":")
	if _, set := settings["alpha"]; set || !b.Adaptive() || method != "xsam" && method != "xsam-lite" {
		return settings
	}
	suited := map[string]string{"alpha": fmt.Sprint(AdaptiveAlpha)}
	maps.Copy(suited, settings)
	return suited
}
