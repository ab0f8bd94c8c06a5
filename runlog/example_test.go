package runlog_test

import (
	"fmt"
	"log"
	"os"

	"github.com/xsam-go/xsam/runlog"
)

// A run that measured a test accuracy, and no λmax.
func Example() {
	dir, err := os.MkdirTemp("", "sam-seed0")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := runlog.WriteConfig(dir, map[string]any{"method": "sam", "rho": 0.05}); err != nil {
		log.Fatal(err)
	}
	if err := runlog.WriteSummary(dir, runlog.Summary{Method: "sam", TestAccuracy: runlog.Num(0.93),
		Finished: true}); err != nil {
		log.Fatal(err)
	}
	run, err := runlog.ReadRun(dir)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Summary.Method, run.Summary.TestAccuracy, run.Summary.LambdaMax.Known())
	// Output: sam 0.93 false
}
