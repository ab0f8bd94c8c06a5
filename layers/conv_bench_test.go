package layers

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/xsam-go/xsam/internal/keepmemory"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// TestMain has benchmarks keep their memory, as the commands do, but for buffers of more than 64 MB, which only the
// first thread keeps.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() != "" {
		keepmemory.Restart()
	}
	os.Exit(m.Run())
}

// BenchmarkConvolution measures the three forms of a 3×3 convolution, each in a program of its own, in billions of
// operations a second:
//
//	go test -run '^$' -bench Convolution -benchtime 20x ./layers
func BenchmarkConvolution(b *testing.B) {
	engine := testbackend.XLA(b)
	for _, c := range []struct{ batch, size, channels, stride int }{
		{128, 28, 16, 1}, {128, 28, 16, 2}, {128, 14, 32, 1}, {128, 14, 32, 2}, {128, 7, 64, 1}, // resnet8
		{64, 32, 64, 1}, {64, 32, 64, 2}, {64, 16, 128, 1}, {64, 8, 256, 1}, {64, 4, 512, 1}, // resnet18
	} {
		size, out := c.size/c.stride, c.channels*c.stride // what residual nets do
		g := geometry{
			stride: [2]int{c.stride, c.stride}, dilation: [2]int{1, 1}, padding: [2][2]int{{1, 1}, {1, 1}}, groups: 1,
			image: [2]int{c.size, c.size}, kernelSize: [2]int{3, 3}, output: [2]int{size, size}, batch: c.batch,
			in: c.channels, out: out,
		}
		x, y, kernel := []int{c.batch, c.size, c.size, c.channels}, []int{c.batch, size, size, out}, []int{3, 3,
			c.channels, out}
		for _, form := range []struct {
			name string
			of   func(x, y *graph.Node) *graph.Node
			dims [2][]int
		}{
			{"forward", g.forward, [2][]int{x, kernel}},
			{"input", g.inputAdjoint, [2][]int{y, kernel}},
			{"kernel", g.kernelAdjoint, [2][]int{x, y}},
		} {
			b.Run(fmt.Sprintf("%s/%dx%dx%dx%d/stride=%d", form.name, c.batch, c.size, c.size, c.channels, c.stride),
				func(b *testing.B) {
					exec, err := graph.NewExec(engine, form.of)
					if err != nil {
						b.Fatal(err)
					}
					defer exec.Finalize()
					operands := []any{ramp(form.dims[0]), ramp(form.dims[1])}
					for i := 0; i <= b.N; i++ {
						if i == 1 {
							b.ResetTimer() // the first call compiles
						}
						results, err := exec.Call(operands...)
						if err != nil {
							b.Fatal(err)
						}
						for _, r := range results {
							r.MustFinalizeAll()
						}
					}
					operations := 2 * 9 * float64(c.batch*size*size*c.channels*out)
					b.ReportMetric(operations*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
		}
	}
}

// ramp returns numbers in (−1, 1), none of which is 0.
func ramp(dims []int) *tensors.Tensor {
	size := 1
	for _, d := range dims {
		size *= d
	}
	flat := make([]float32, size)
	for i := range flat {
		flat[i] = float32(i*7919%2003)/1001.5 - 0.9999
	}
	return tensors.FromFlatDataAndDimensions(flat, dims...)
}
