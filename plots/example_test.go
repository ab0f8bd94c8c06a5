package plots_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/xsam-go/xsam/plots"
	"github.com/xsam-go/xsam/runlog"
)

// Measurements are drawn one by one, each as PNG, SVG and PDF. Those of a run come from runlog.ReadMeasurements.
func ExampleWrite() {
	dir, err := os.MkdirTemp("", "pictures")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	spectrum := runlog.Measurement{
		Measure: runlog.MeasureSpectrum, Step: 100, Epoch: runlog.Num(5), Operator: "hessian", Converged: true,
		Spectrum: &runlog.Spectrum{Values: []runlog.Number{runlog.Num(12), runlog.Num(7)},
			Residuals: []runlog.Number{runlog.Num(1e-4), runlog.Num(1e-4)}},
	}
	files, err := plots.Write(dir, plots.Data{Title: "my model", Measurements: []runlog.Measurement{spectrum}})
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range files {
		fmt.Println(filepath.Base(file))
	}
	// Output:
	// spectrum-step000100.png
	// spectrum-step000100.svg
	// spectrum-step000100.pdf
}
