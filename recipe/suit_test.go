package recipe

import (
	"testing"

	"github.com/xsam-go/xsam"
)

// Defaults belong to data, model and base optimizer: those of the usual pairs are what studies were made with, nets
// without norms get a rate they learn with whatever the data, and small sets a batch of which there are several.
func TestSuit(t *testing.T) {
	for _, tt := range []struct {
		data, model, base string
		images            int
		batch             int
		rate, decay       float64
	}{
		{"glyphs", "cnn", "sgd", 1000, 64, 0.02, 5e-5},
		{"digits", "mlp", "sgd", 0, 64, 0.05, 5e-5},
		{"fashion-mnist", "resnet8", "sgd", 0, 128, 0.1, 5e-4},
		{"mnist", "cnn", "sgd", 0, 128, 0.02, 5e-4},
		{"cifar10", "alexnet", "sgd", 0, 128, 0.02, 5e-4},
		{"cifar10", "resnet8", "sgd", 90, 8, 0.0125, 5e-4},
		{"cifar10", "vgg11-bn", "sgd", 0, 128, 0.01, 5e-4},
		{"cifar10", "mlp", "sgd", 0, 128, 0.02, 5e-4},
		{"folder:photos", "cnn", "sgd", 240, 32, 0.02, 5e-5},
		{"folder:photos", "onnx:net.onnx", "sgd", 3, 3, 0.02, 5e-5},
		{"csv:iris.csv", "mlp", "sgd", 120, 16, 0.05, 5e-5},
		{"glyphs", "cnn", "adam", 0, 64, 0.001, 0},
		{"glyphs", "cnn", "adamw", 0, 64, 0.001, 0.01},
		{"cifar10", "resnet8", "adamw", 0, 128, 0.003, 0.01},
		{"cifar10", "vit", "adamw", 0, 128, 0.003, 0.01},
		{"glyphs", "mixer", "sgd", 0, 64, 0.05, 5e-5},
	} {
		r := Defaults(tt.data)
		r.Model, r.Optimizer = tt.model, tt.base
		r.Suit(tt.images)
		if r.Batch != tt.batch || r.LearningRate != tt.rate || r.WeightDecay != tt.decay {
			t.Errorf("%s, %s, %s, %d images: batch %d, lr %g, weight decay %g, want %d, %g, %g", tt.data, tt.model, tt.base,
				tt.images, r.Batch, r.LearningRate, r.WeightDecay, tt.batch, tt.rate, tt.decay)
		}
	}
}

// With an adaptive base X-SAM has another α, where nobody sets one; the authors' form keeps theirs.
func TestAlphaOfAdaptiveBases(t *testing.T) {
	for _, tt := range []struct {
		base, label string
		common      map[string]string
		want        float64
	}{
		{"sgd", "xsam", nil, 1},
		{"adamw", "xsam", nil, AdaptiveAlpha},
		{"adam", "xsam-lite", map[string]string{"rho": "0.1"}, AdaptiveAlpha},
		{"adam", "xsam", map[string]string{"alpha": "1"}, 1},
		{"adam", "xsam:alpha=0.7", nil, 0.7},
		{"adam", "xsam-paper", nil, 0.2},
		{"adam", "gsam", nil, xsam.GSAMConfig().Alpha}, // another α
		{"adam", "sam", nil, 0},
	} {
		r := Defaults("glyphs")
		r.Optimizer = tt.base
		if err := r.SetMethod(tt.label, tt.common); err != nil || r.Alpha != tt.want {
			t.Errorf("%s with %s and %v: α = %v, %v, want %v", tt.label, tt.base, tt.common, r.Alpha, err, tt.want)
		}
	}
}
