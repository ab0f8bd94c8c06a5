package datasets

import (
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// batchData is one batch, taken off its tensors.
type batchData struct {
	shape  []int
	pixels []float32
	labels []int32
}

// take reads n batches and gives their tensors back, as a trainer does.
func take(t *testing.T, ds train.Dataset, n int) []batchData {
	t.Helper()
	var all []batchData
	for batch, err := range ds.Iter() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, batchData{
			shape:  batch.Inputs[0].Shape().Dimensions,
			pixels: tensors.MustCopyFlatData[float32](batch.Inputs[0]),
			labels: tensors.MustCopyFlatData[int32](batch.Labels[0]),
		})
		if err := batch.Finalize(); err != nil {
			t.Fatal(err)
		}
		if len(all) == n {
			break
		}
	}
	return all
}

func loaderOf(t *testing.T, s *Set, c LoaderConfig) *Loader {
	t.Helper()
	l, err := NewLoader(s, c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// In each epoch every image comes once with its own label, but for those that fill no batch; epochs differ in order.
func TestLoaderEpochs(t *testing.T) {
	l := loaderOf(t, ramp(10), LoaderConfig{BatchSize: 3, Seed: 1, DType: dtypes.Float32})
	if got := l.StepsPerEpoch(); got != 3 {
		t.Fatalf("StepsPerEpoch of 10 images in batches of 3 = %d, want 3", got)
	}
	var epochs [][]int32
	for e := range 4 {
		var seen []int32
		for _, b := range take(t, l.From(3*e), 3) {
			if !slices.Equal(b.shape, []int{3, 2, 3, 1}) {
				t.Fatalf("shape %v, want [3 2 3 1]", b.shape)
			}
			for i, label := range b.labels {
				if b.pixels[6*i] != float32(10*label) || b.pixels[6*i+5] != float32(10*label+5) {
					t.Errorf("label %d comes with pixels %v", label, b.pixels[6*i:6*i+6])
				}
			}
			seen = append(seen, b.labels...)
		}
		epochs = append(epochs, slices.Clone(seen))
		slices.Sort(seen)
		if len(slices.Compact(seen)) != 9 {
			t.Errorf("epoch %d repeats an image: %v", e, epochs[e])
		}
	}
	if slices.Equal(epochs[0], epochs[1]) && slices.Equal(epochs[1], epochs[2]) {
		t.Errorf("all epochs have the order %v", epochs[0])
	}
}

// A loader that starts at step s yields what one from step 0 yields from there on, bit for bit, with and without
// augmentation.
func TestLoaderResumes(t *testing.T) {
	s := ramp(10)
	s.Augmentation = Augmentation{Pad: 1, Flip: true}
	for _, augment := range []bool{false, true} {
		config := LoaderConfig{BatchSize: 3, Seed: 7, Augment: augment, DType: dtypes.Float32}
		all := take(t, loaderOf(t, s, config), 12)
		for start := range 8 {
			config.StartStep = start
			l := loaderOf(t, s, config)
			for range 2 { // and the same again from the same loader
				for i, b := range take(t, l, 4) {
					if !slices.Equal(b.pixels, all[start+i].pixels) || !slices.Equal(b.labels, all[start+i].labels) {
						t.Errorf("augment %v: step %d of a loader started at %d differs", augment, start+i, start)
					}
				}
			}
		}
		config.Seed, config.StartStep = 8, 0
		if other := take(t, loaderOf(t, s, config), 3); slices.Equal(other[0].labels, all[0].labels) &&
			slices.Equal(other[1].labels, all[1].labels) {
			t.Errorf("augment %v: another seed has the same order", augment)
		}
	}
}

// The trainer owns the tensors of a batch: spoiling them must not reach the set.
func TestLoaderTensorsAreFresh(t *testing.T) {
	s := ramp(4)
	kept := slices.Clone(s.Pixels)
	l := loaderOf(t, s, LoaderConfig{BatchSize: 4, Seed: 1, DType: dtypes.Float32})
	for batch, err := range l.Iter() {
		if err != nil {
			t.Fatal(err)
		}
		tensors.MustMutableFlatData(batch.Inputs[0], func(flat []float32) { clear(flat) })
		if err := batch.Finalize(); err != nil {
			t.Fatal(err)
		}
		break
	}
	if !slices.Equal(s.Pixels, kept) {
		t.Error("writing to a batch changed the set")
	}
}

// Stopping early leaves nothing running.
func TestLoaderLeavesNoGoroutines(t *testing.T) {
	l := loaderOf(t, ramp(10), LoaderConfig{BatchSize: 3, Seed: 1, DType: dtypes.Float32})
	before := runtime.NumGoroutine()
	for range 100 {
		take(t, l, 2)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after 100 iterations that were stopped early", before, after)
	}
}

func TestLoaderFloat64(t *testing.T) {
	l := loaderOf(t, ramp(2), LoaderConfig{BatchSize: 1, Seed: 1, DType: dtypes.Float64})
	for batch, err := range l.Iter() {
		if err != nil {
			t.Fatal(err)
		}
		pixels := tensors.MustCopyFlatData[float64](batch.Inputs[0])
		label := tensors.MustCopyFlatData[int32](batch.Labels[0])[0]
		if pixels[5] != float64(10*label+5) {
			t.Errorf("label %d comes with pixels %v", label, pixels)
		}
		break
	}
}

func TestNewLoaderErrors(t *testing.T) {
	tests := []struct {
		name string
		c    LoaderConfig
		want []string
	}{
		{"no batch", LoaderConfig{DType: dtypes.Float32}, []string{"BatchSize = 0", "1 to 4"}},
		{"a batch larger than the set", LoaderConfig{BatchSize: 5, DType: dtypes.Float32}, []string{"BatchSize = 5"}},
		{"a negative step", LoaderConfig{BatchSize: 1, StartStep: -1, DType: dtypes.Float32}, []string{"StartStep = -1"}},
		{"whole numbers", LoaderConfig{BatchSize: 1, DType: dtypes.Int32}, []string{"Int32", "Float32 or Float64"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewLoader(ramp(4), tt.c)
			checkError(t, err, tt.want...)
		})
	}
}

// In order, once, the last batch smaller, and again from the start.
func TestEvaluation(t *testing.T) {
	ds := NewEvaluation(ramp(5), 2, dtypes.Float32)
	for range 2 {
		var labels []int32
		var sizes []int
		for _, b := range take(t, ds, 99) {
			labels = append(labels, b.labels...)
			sizes = append(sizes, len(b.labels))
		}
		if !slices.Equal(labels, []int32{0, 1, 2, 3, 4}) || !slices.Equal(sizes, []int{2, 2, 1}) {
			t.Errorf("labels %v in batches of %v, want 0 to 4 in batches of 2, 2 and 1", labels, sizes)
		}
	}
	for _, broken := range []train.Dataset{NewEvaluation(ramp(5), 0, dtypes.Float32), NewEvaluation(ramp(5), 1,
		dtypes.Bool)} {
		var failure error
		for _, err := range broken.Iter() {
			failure = errors.Join(failure, err)
		}
		checkError(t, failure, "datasets:")
	}
}

func BenchmarkLoader(b *testing.B) {
	split, err := Load("glyphs", Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, augment := range []bool{false, true} {
		b.Run(map[bool]string{false: "plain", true: "augmented"}[augment], func(b *testing.B) {
			l, err := NewLoader(split.Train, LoaderConfig{BatchSize: 128, Augment: augment, DType: dtypes.Float32})
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for batch, err := range l.Iter() {
				if err != nil {
					b.Fatal(err)
				}
				if err := batch.Finalize(); err != nil {
					b.Fatal(err)
				}
				if n++; n >= b.N {
					break
				}
			}
		})
	}
}
