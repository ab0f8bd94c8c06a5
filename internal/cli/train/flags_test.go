package train

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// Every flag that decides the outcome of a run arrives in config.json, under the key and with the value that it says.
// The runs are clitest.Tiny(), on the engine that needs no installation; the flag comes last and so counts.
func TestFlagsArriveInTheRecord(t *testing.T) {
	testbackend.SkipSlow(t)
	t.Setenv(flags.DataDirVariable, "")
	for _, tt := range []struct {
		flag, key string
		want      any // as encoding/json reads it
	}{
		{"--seed 7", "seed", 7.0},
		{"--data glyphs", "data", "glyphs"},
		{"--data-dir elsewhere", "data_dir", "elsewhere"},
		{"--data-seed 3", "data_seed", 3.0},
		{"--train-size 48", "train_size", 48.0},
		{"--test-size 20", "test_size", 20.0},
		{"--validation-size 10", "validation_size", 10.0},
		{"--label-noise 0.5", "label_noise", 0.5},
		{"--augment", "augment", true},
		{"--model mlp", "model", "mlp"},
		{"--epochs 3", "epochs", 3.0},
		{"--batch 8", "batch", 8.0},
		{"--accumulate 2", "accumulate", 2.0},
		{"--accumulate 2 --local-ascent true", "local_ascent", true},
		{"--dtype float64", "dtype", "float64"},
		{"--base adamw", "base", "adamw"},
		{"--lr 0.003", "lr", 0.003},
		{"--schedule step", "schedule", "step"},
		{"--lr-warmup 2", "lr_warmup_steps", 2.0},
		{"--momentum 0.5", "momentum", 0.5},
		{"--nesterov", "nesterov", true},
		{"--weight-decay 0.01", "weight_decay", 0.01},
		{"--decay-all=false", "decay_biases_and_norms", false},
		{"--clip 0.5", "clip", 0.5},
		{"--rho 0.2", "rho", 0.2},
		{"--alpha 0.5", "alpha", 0.5},
		{"--ascent-every 2", "ascent_every", 2.0},
		{"--refresh-every 3", "refresh_every", 3.0},
		{"--alpha-warmup 4", "alpha_warmup", 4.0},
		{"--method looksam --reuse 0.4", "reuse", 0.4},
		{"--refresh-most 9 --refresh-tolerance 0.5", "refresh_most", 9.0},
		{"--refresh-most 9 --refresh-tolerance 0.5", "refresh_tolerance", 0.5},
		{"--max-lambda edge:0.5", "max_lambda", "edge:0.5"},
		{"--max-lambda edge:0.5 --lr 0.125 --momentum 0", "lambda_bound", 8.0},
		{"--side mean", "side", "mean"},
		{"--warmup-refreshes 1", "warmup_refreshes", 1.0},
		{"--probe-radius 0.07", "probe_radius", 0.07},
		{"--refresh three-point", "refresh", "three-point"},
		{"--refresh exact --refresh-every 2 --warmup-refreshes 1 --power-steps 2", "power_steps", 2.0},
		{"--correction projection", "correction", "projection"},
		{"--method asam --eta 0.1", "eta", 0.1},
		{"--eval-every 2", "evaluate_every", 2.0},
		{"--lambda-examples 8", "lambda_examples", 8.0},
		{"--lambda-products 4", "lambda_products", 4.0},
	} {
		t.Run(tt.flag, func(t *testing.T) {
			t.Chdir(t.TempDir())
			args := slices.Concat([]string{"train"}, clitest.Tiny(), strings.Fields("--epochs 1 --quiet --out runs"),
				strings.Fields(tt.flag))
			xsam.Done(t, args...)
			records, err := filepath.Glob("runs/*/config.json")
			if err != nil || len(records) != 1 {
				t.Fatalf("records %v (%v), want one", records, err)
			}
			text, err := os.ReadFile(records[0])
			if err != nil {
				t.Fatal(err)
			}
			var config map[string]any
			if err := json.Unmarshal(text, &config); err != nil {
				t.Fatal(err)
			}
			if config[tt.key] != tt.want {
				t.Errorf("config.json has %s = %v, want %v", tt.key, config[tt.key], tt.want)
			}
		})
	}
}
