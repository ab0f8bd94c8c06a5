package reproduce

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/models"
)

func TestStudies(t *testing.T) {
	if n := len(Studies()); n != 15 {
		t.Errorf("%d studies, want 3 data sets × 5 models", n)
	}
	for _, s := range Studies() {
		for _, model := range []string{s.Model, s.Small} {
			if !slices.Contains(models.Names(), model) {
				t.Errorf("%s: there is no model %s", s.Name, model)
			}
		}
		if found, err := Find(s.Name); err != nil || found != s {
			t.Errorf("Find(%s) = %v, %v", s.Name, found, err)
		}
	}
	if _, err := Find("imagenet-vit"); err == nil || !strings.Contains(err.Error(), "cifar10-resnet18") {
		t.Errorf("Find of an unknown study: error %v, want one with the known", err)
	}
}

func plan(t *testing.T, name string, scale Scale, seeds int) *Plan {
	t.Helper()
	s, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(s, scale, "", seeds)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The paper's published settings.
func TestFullIsThePapers(t *testing.T) {
	for _, s := range Studies() {
		p := plan(t, s.Name, Full, 0)
		recipes, err := p.Recipes()
		if err != nil {
			t.Fatal(err)
		}
		seeds, rhos := map[string]int{}, map[float64]bool{}
		for _, r := range recipes {
			seeds[r.Method]++
			if r.Batch != 256 || r.Epochs != 200 || r.WeightDecay != 5e-5 || r.Optimizer != "sgd" || r.Model != s.Model ||
				r.TrainSize != 0 || r.LabelNoise != 0 {
				t.Errorf("%s: %s is %+v, want batch 256, 200 epochs, weight decay 5e-5, sgd, %s on all images", s.Name, r.Method,
					r, s.Model)
			}
			if strings.HasPrefix(r.Method, "xsam-paper") {
				rhos[r.Rho] = true
				if r.Alpha != 0.2 || r.Refresh.Every != 3 || r.Form != xsam.Paper || r.By != xsam.ByExact || r.Length != xsam.Unit {
					t.Errorf("%s: %s is %+v, want α 0.2, k 3, in the paper's form", s.Name, r.Method, r.Config)
				}
			}
		}
		if len(rhos) != 2 || !rhos[0.05] || !rhos[0.1] {
			t.Errorf("%s: the paper's form has ρ %v, want 0.05 and 0.1", s.Name, rhos)
		}
		for method, n := range map[string]int{"sgd": 5, "sam": 5, "sam:rho=0.1": 3, "nsam": 5, "xsam-paper": 3,
			"xsam-paper:rho=0.1": 3, "xsam": 5, "xsam-lite": 5} {
			if seeds[method] != n {
				t.Errorf("%s: %d seeds of %s, want %d", s.Name, seeds[method], method, n)
			}
		}
	}
}

// A small plan fits half an hour by its own estimate, on the images that a subset of 4,000 of CIFAR-10 has.
func TestSmallFits(t *testing.T) {
	for _, s := range Studies() {
		p := plan(t, s.Name, Small, 0)
		if took := p.Time(false); took > smallBudget || took <= 0 || smallBudget >= 30*time.Minute {
			t.Errorf("%s takes %v, want at most %v", s.Name, took, smallBudget)
		}
		if p.Base.TrainSize+p.Validation > 4000 || p.Base.TestSize > 1000 {
			t.Errorf("%s wants %d + %d images to train and validate on and %d to test on, want at most 4,000 and 1,000",
				s.Name, p.Base.TrainSize, p.Validation, p.Base.TestSize)
		}
		if p.Base.Model != s.Small || p.Base.Epochs < 3 {
			t.Errorf("%s trains %s for %d epochs, want %s for 3 or more", s.Name, p.Base.Model, p.Base.Epochs, s.Small)
		}
		if more := plan(t, s.Name, Small, 10); more.Base.Epochs != p.Base.Epochs || more.Time(false) <= p.Time(false) {
			t.Errorf("%s with 10 seeds: %d epochs in %v, want as many epochs, %d, in more time than %v", s.Name,
				more.Base.Epochs, more.Time(false), p.Base.Epochs, p.Time(false))
		}
	}
}

func TestSeedsAreReplaced(t *testing.T) {
	recipes, err := plan(t, "cifar10-resnet18", Small, 2).Recipes()
	if err != nil || len(recipes) != 12 || recipes[0].Method != "sgd" || recipes[6].Seed != 1 {
		t.Errorf("%d runs (%v), want six methods for seed 0, then for seed 1", len(recipes), err)
	}
	s, _ := Find("cifar10-resnet18")
	if _, err := NewPlan(s, "tiny", "", 0); err == nil || !strings.Contains(err.Error(), "full, small") {
		t.Errorf("NewPlan at an unknown scale: error %v", err)
	}
}

// Multiply-adds for one image of 32×32×3, 10 classes: the first three as published with the networks, in millions;
// the others by hand from the layers.
func TestMultiplyAdds(t *testing.T) {
	tests := []struct {
		model     string
		side      int
		want      float64
		tolerance float64 // relative
	}{
		{"resnet20", 32, 41e6, 0.5 / 41.}, // He et al. (2016) give no number; the common count is 0.041 G
		{"resnet18", 32, 0.56e9, 0.01},    // the form for CIFAR: 0.56 G
		{"wrn28-10", 32, 5.25e9, 0.005},   // 5.25 G
		{"alexnet-narrow", 32, 64*363*16 + 16*400*48 + 4*432*96 + 4*864*64 + 4*576*64 + 640, 1e-12},
		{"alexnet-narrow", 28, 64*363*16 + 16*400*48 + 4*432*96 + 4*864*64 + 4*576*64 + 640, 1e-12}, // framed
		{"resnet8", 28, 784*(432+2*2304) + 196*(4608+9216+512) + 49*(18432+36864+2048) + 640, 1e-12},
		// A 3×3 convolution of 64 channels to 64 has 36,864 weights, one of twice the channels 4 times as many. 1.16 G.
		{"resnet34", 32, 1024*(1728+6*36864) + 256*(36864*(2+7*4)+8192) + 64*(36864*(8+11*16)+32768) +
			16*(36864*(32+5*64)+131072) + 5120, 1e-12},
		{"vgg11-bn", 32, 1024*1728 + 256*36864*2 + 64*36864*(8+16) + 16*36864*(32+64) + 4*36864*2*64 + 5120, 1e-12},
		{"vgg11-bn-narrow", 32, 1024*432 + 256*2304*2 + 64*2304*(8+16) + 16*2304*(32+64) + 4*2304*2*64 + 1280, 1e-12},
		// Framed.
		{"vgg11-bn-narrow", 28, 1024*432 + 256*2304*2 + 64*2304*(8+16) + 16*2304*(32+64) + 4*2304*2*64 + 1280, 1e-12},
		{"wrn16-1", 32, 1024*(432+4*2304) + 256*(4608+3*9216+512) + 64*(18432+3*36864+2048) + 640, 1e-12},
	}
	for _, tt := range tests {
		got, err := multiplyAdds(tt.model, tt.side, 3, 10)
		if err != nil || math.Abs(got-tt.want) > tt.tolerance*tt.want {
			t.Errorf("multiplyAdds(%s, %d pixels) = %.6g (%v), want %.6g within %g", tt.model, tt.side, got, err, tt.want,
				tt.tolerance)
		}
	}
	if _, err := multiplyAdds("mlp", 32, 3, 10); err == nil {
		t.Error("multiplyAdds of a model that no study has: no error")
	}
}

// A run of one epoch of 100 images with SAM, 2 gradients each; an evaluation of 100 + 50; λmax on 10 by 12 products
// of 2.
func TestGradients(t *testing.T) {
	p := plan(t, "cifar10-resnet18", Small, 0)
	r := p.Base
	r.Epochs, r.TrainSize, r.TestSize, r.EvaluateEvery, r.LambdaEvery, r.LambdaExamples = 1, 100, 50, 0, 0, 10
	if err := r.SetMethod("sam", nil); err != nil {
		t.Fatal(err)
	}
	if got := p.gradients(r); math.Abs(got-(200+50+240)) > 1e-9 {
		t.Errorf("%v gradients, want 200 + 50 + 240", got)
	}
}
