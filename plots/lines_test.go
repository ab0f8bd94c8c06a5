package plots_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/plots"
)

func TestWriteLines(t *testing.T) {
	dir := t.TempDir()
	good := []plots.Series{{Name: "sgd", X: []float64{1, 2, 4}, Y: []float64{3, 5, 9}}, {Name: "sam", X: []float64{1,
		2}, Y: []float64{6, 10}, Dashed: true}, {X: []float64{0, 2}, Y: []float64{0, 10}}}
	path := filepath.Join(dir, "cost.svg")
	if err := plots.WriteLines(path, plots.Lines{Title: "Cost of a step", X: "images in a batch", Y: "ms",
		FromZero: true, Series: good}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Cost of a step", "images in a batch", ">ms<", ">sgd<", ">sam<", "stroke-dasharray"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the picture does not hold %q", want)
		}
	}
	for _, bad := range []struct {
		path   string
		series []plots.Series
		want   string
	}{
		{filepath.Join(dir, "cost.gif"), good, "want a name that ends in"},
		{path, []plots.Series{{Name: "sgd", X: []float64{1}, Y: []float64{1, 2}}}, `"sgd" has 1 and 2 numbers`},
		{path, []plots.Series{{Name: "sgd"}}, "at least one"},
		{filepath.Join(dir, "missing", "cost.svg"), good, "missing"},
	} {
		if err := plots.WriteLines(bad.path, plots.Lines{Series: bad.series}); err == nil || !strings.Contains(err.Error(),
			bad.want) {
			t.Errorf("%s: error %v, want one about %q", bad.path, err, bad.want)
		}
	}
}
