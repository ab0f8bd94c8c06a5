package reproduce

import (
	"fmt"
	"time"

	"github.com/xsam-go/xsam/recipe"
)

// What the estimate of time rests on.
const (
	// flopPerSecond is the rate at which XLA computes gradients of convolutional nets, about a third of what one core of
	// an AMD EPYC with AVX-512 was measured to do: a step of resnet8 at 28×28×1 pixels and batch 32, 1.8 GFLOP by the
	// count of this file, took 15 ms of processor time, and one of wrn16-1, 3.9 GFLOP, 30 ms.
	flopPerSecond = 45e9
	// narrowFLOPPerSecond is the rate for alexnet-narrow, whose maps are small: 0.19 GFLOP took 20 ms there.
	narrowFLOPPerSecond = 6e9
	// narrowVGGFLOPPerSecond is the rate for vgg11-bn-narrow, whose last maps are small: 1.8 GFLOP took 42 ms there.
	narrowVGGFLOPPerSecond = 15e9
	// flopPerGradient is the work of a gradient in units of the multiply-adds of the forward pass: two operations each,
	// and twice as much again on the way back.
	flopPerGradient = 6
	// lambdaProducts is the number of products that a measurement of λmax takes: 8 and 9 were seen with resnet8.
	lambdaProducts = 12
	// evaluationGradients is the work of evaluating an image in gradients: the forward pass alone.
	evaluationGradients = 1.0 / 3
	// compiling is the time allowed for compiling the graphs of a method, once; on busy machines minutes were seen.
	compiling = 40 * time.Second
)

// LongestTime is the most that is estimated: two of them are a time.Duration still.
const LongestTime = 100 * 365 * 24 * time.Hour

// Time estimates how long the runs of the plan take on two CPU cores, or with tune those of the chosen settings,
// taken at the plan's own. It is counted work over a measured rate: good to a factor of two where nothing else runs.
func (p *Plan) Time(tune bool) time.Duration {
	base, methods := p.Base, p.Compared(tune)
	if tune {
		base = p.chosenBase()
	}
	recipes, err := p.recipes(base, p.untuned(methods))
	if err != nil {
		return 0 // a plan that cannot be run takes no time
	}
	return p.time(recipes, len(methods))
}

// TuneTime estimates the same for the search before them.
func (p *Plan) TuneTime() time.Duration {
	trials, err := p.Search().Plan()
	if err != nil {
		return 0
	}
	var recipes []recipe.Recipe
	for _, t := range trials {
		recipes = append(recipes, t.Recipe)
	}
	return p.time(recipes, len(trials)) // trials differ in settings that are compiled in
}

func (p *Plan) time(recipes []recipe.Recipe, programs int) time.Duration {
	side, channels, classes := p.Study.image()
	macs, err := multiplyAdds(p.Base.Model, side, channels, classes)
	if err != nil {
		return 0
	}
	images := 0.0 // gradients of one image
	for _, r := range recipes {
		images += p.gradients(r)
	}
	seconds := min(images*flopPerGradient*macs/rate(p.Base.Model), LongestTime.Seconds())
	return min(LongestTime, time.Duration(seconds*float64(time.Second))+time.Duration(programs)*compiling)
}

// rate is the number of operations a second at which two CPU cores compute a model's gradients.
func rate(model string) float64 {
	switch model {
	case "alexnet-narrow":
		return narrowFLOPPerSecond
	case "vgg11-bn-narrow":
		return narrowVGGFLOPPerSecond
	default:
		return flopPerSecond
	}
}

// gradients is the work of a run in gradients of one image.
func (p *Plan) gradients(r recipe.Recipe) float64 {
	train, test := p.Study.fullTrain(), fullTest
	if r.TrainSize > 0 {
		train = r.TrainSize
	} else {
		train -= r.ValidationSize
	}
	if r.TestSize > 0 {
		test = r.TestSize
	}
	if r.ValidationSize > 0 {
		test = r.ValidationSize
	}
	work := float64(r.Epochs) * float64(train) * r.GradientsPerStep()
	work += times(r.Epochs, r.EvaluateEvery) * float64(train+test) * evaluationGradients
	if r.LambdaProducts > 0 {
		work += times(r.Epochs, r.LambdaEvery) * float64(r.LambdaExamples) * lambdaProducts * recipe.GradientsPerProduct
	}
	return work
}

// times is how often something is done that is done every so many epochs, and at the end.
func times(epochs, every int) float64 {
	if every == 0 {
		return 1
	}
	return float64((epochs + every - 1) / every)
}

// multiplyAdds counts those of a model's convolutions and dense layers, forward, for one image of side × side pixels.
// Norms, activations and poolings are not counted.
func multiplyAdds(model string, side, channels, classes int) (float64, error) {
	c := &counter{side: side, channels: channels}
	switch model {
	case "resnet8":
		c.residual([]stage{{16, 1}, {32, 1}, {64, 1}}, false, true)
	case "resnet18":
		c.residual([]stage{{64, 2}, {128, 2}, {256, 2}, {512, 2}}, false, true)
	case "resnet20":
		c.residual([]stage{{16, 3}, {32, 3}, {64, 3}}, false, false)
	case "resnet34":
		c.residual([]stage{{64, 3}, {128, 4}, {256, 6}, {512, 3}}, false, true)
	case "wrn16-1":
		c.residual([]stage{{16, 2}, {32, 2}, {64, 2}}, true, true)
	case "wrn28-10":
		c.residual([]stage{{160, 4}, {320, 4}, {640, 4}}, true, true)
	case "alexnet":
		c.alexnet([5]int{64, 192, 384, 256, 256})
	case "alexnet-narrow":
		c.alexnet([5]int{16, 48, 96, 64, 64})
	case "vgg11-bn":
		c.vgg11(64)
	case "vgg11-bn-narrow":
		c.vgg11(16)
	default:
		return 0, fmt.Errorf("reproduce: the work of model %q is not known", model)
	}
	return float64(c.total + c.channels*classes), nil
}

// counter adds up layer by layer.
type counter struct {
	side, channels int // of what the last layer gave
	total          int
}

// conv is a convolution of size × size with padding that keeps the side, divided by the stride.
func (c *counter) conv(size, channels, stride int) {
	c.side = (c.side + stride - 1) / stride
	c.total += c.side * c.side * size * size * c.channels * channels
	c.channels = channels
}

// stage is a run of residual blocks with the same number of channels.
type stage struct{ channels, blocks int }

// residual is a residual network; a wide one begins with 16 channels whatever its stages have. projected says that
// shortcuts which change the shape are 1×1 convolutions.
func (c *counter) residual(stages []stage, wide, projected bool) {
	first := stages[0].channels
	if wide {
		first = 16
	}
	c.conv(3, first, 1)
	for i, s := range stages {
		for j := range s.blocks {
			stride := 1
			if i > 0 && j == 0 {
				stride = 2
			}
			before := *c
			c.conv(3, s.channels, stride)
			c.conv(3, s.channels, 1)
			if projected && (stride != 1 || before.channels != s.channels) {
				before.total = 0
				before.conv(1, s.channels, stride)
				c.total += before.total
			}
		}
	}
}

// alexnet is that of package models, which frames small images up to 32×32 pixels; the last pooling leaves one pixel.
func (c *counter) alexnet(channels [5]int) {
	c.side = max(c.side, 32)
	c.conv(11, channels[0], 4)
	c.side /= 2
	c.conv(5, channels[1], 1)
	c.side /= 2
	for _, n := range channels[2:] {
		c.conv(3, n, 1)
	}
}

// vgg11 is that of package models, which frames small images up to 32×32 pixels; the last pooling leaves one pixel.
func (c *counter) vgg11(width int) {
	c.side = max(c.side, 32)
	for _, group := range [][]int{{1}, {2}, {4, 4}, {8, 8}, {8, 8}} { // a pooling after each
		for _, times := range group {
			c.conv(3, times*width, 1)
		}
		c.side /= 2
	}
}
