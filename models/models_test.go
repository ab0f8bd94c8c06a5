package models_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/models"
)

// Parameter counts, published or worked out by hand; only a graph is built, nothing is run.
func TestParameters(t *testing.T) {
	digits := func(name string) models.Config {
		c := models.DefaultConfig(name)
		c.Height, c.Width, c.Channels = 8, 8, 1
		return c
	}
	gray := func(name string, size int) models.Config {
		c := models.DefaultConfig(name)
		c.Height, c.Width, c.Channels = size, size, 1
		return c
	}
	tests := []struct {
		config models.Config
		want   int
	}{
		{digits("mlp"), 65*128 + 129*128 + 129*10}, // 26,122
		{digits("mlp-12x256"), 65*256 + 11*257*256 + 257*10},
		{models.DefaultConfig("mlp"), 3073*128 + 129*128 + 129*10},
		{models.DefaultConfig("cnn"), (27+1)*16 + (144+1)*32 + (8*8*32+1)*64 + 65*10},
		{digits("cnn"), (9+1)*16 + (144+1)*32 + (2*2*32+1)*64 + 65*10},
		{models.DefaultConfig("resnet8"), 78042},
		{gray("resnet8", 28), 78042 - 2*144}, // two input channels less in the first convolution
		{gray("resnet8", 16), 78042 - 2*144},
		{digits("resnet8"), 78042 - 2*144},
		{models.DefaultConfig("resnet20"), 269722},
		{models.DefaultConfig("resnet18"), 11173962},
		{models.DefaultConfig("resnet34"), 21282122},
		{gray("resnet34", 28), 21282122 - 2*9*64},
		{models.DefaultConfig("wrn16-4"), 2748890},
		{models.DefaultConfig("wrn28-10"), 36479194},
		{models.DefaultConfig("alexnet"), 2472266},
		{gray("alexnet", 28), 2472266 - 2*11*11*64}, // framed to 32×32
		// By hand: the first convolution 432; blocks of 16 channels 2·(4608 + 64); of 32, with norms, 14432 + 18560; of 64,
		// 57536 + 73984; the last norm 128, the dense layer 650.
		{models.DefaultConfig("wrn16-1"), 432 + 2*(4608+64) + 14432 + 18560 + 57536 + 73984 + 128 + 650},
		// Kernels and biases of the five convolutions, and the dense layer on 64 values.
		{models.DefaultConfig("alexnet-narrow"), (363+1)*16 + (400+1)*48 + (432+1)*96 + (864+1)*64 + (576+1)*64 + 650},
		// Kernels of the eight convolutions; a bias, a scale and an offset for each of their 2,752 channels; the dense layer.
		{models.DefaultConfig("vgg11-bn"), 9*(3*64+64*128+128*256+256*256+256*512+3*512*512) + 3*2752 + 513*10}, // 9,231,114
		{models.DefaultConfig("vgg11-bn-narrow"), 9*(3*16+16*32+32*64+64*64+64*128+3*128*128) + 3*688 + 129*10}, // 579,786
		{gray("vgg11-bn", 28), 9231114 - 2*9*64}, // framed to 32×32
		{gray("vgg11-bn", 16), 9231114 - 2*9*64},
	}
	// Tokens of 64 numbers from 8×8 patches of 48 numbers; a block has two norms and two perceptrons, the transformer in the
	// place of the first one four dense layers of 64, and 64 positions; a norm and the logits at the end.
	channels := 65*128 + 129*64
	tests = append(tests, []struct {
		config models.Config
		want   int
	}{
		{models.DefaultConfig("mixer"), 49*64 + 4*(256+65*32+33*64+channels) + 128 + 650},
		{models.DefaultConfig("vit"), 49*64 + 64*64 + 4*(256+4*65*64+channels) + 128 + 650},
		{gray("vit", 28), 17*64 + 49*64 + 4*(256+4*65*64+channels) + 128 + 650},
		{digits("vit"), 5*64 + 16*64 + 4*(256+4*65*64+channels) + 128 + 650}, // 2×2 pixels
		{gray("vit", 30), 17*64 + 64*64 + 4*(256+4*65*64+channels) + 128 + 650},
	}...)
	for _, tt := range tests {
		store := model.NewStore()
		logits := buildIn(t, mustNew(t, tt.config), store.RootScope())
		if got := models.CountParameters(store.RootScope()); got != tt.want {
			t.Errorf("%s on %d×%d×%d has %d parameters, want %d", tt.config.Name, tt.config.Height, tt.config.Width,
				tt.config.Channels, got, tt.want)
		}
		if want := shapes.Make(dtypes.Float32, 2, 10); !logits.Equal(want) {
			t.Errorf("%s: logits have shape %s, want %s", tt.config.Name, logits, want)
		}
	}
}
