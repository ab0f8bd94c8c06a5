// Command bounds makes the table of a comparison with bounds on λ (maxlambda.sh beside it makes its runs):
//
//	go -C bench run ./studies/bounds OUT
//
// A row is a method: test accuracy and λmax at the end with 95 % intervals, and how far the largest λmax that was
// measured in the last third of the epochs lies under its bound, run by run.
package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/runlog"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: bounds OUT")
		os.Exit(2)
	}
	if err := table(os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "bounds:", err)
		os.Exit(1)
	}
}

// row is what the runs of a method have come to.
type row struct {
	bound                    float64
	accuracy, lambda, shares []float64 // by seed
	notLearnt, unconverged   int
}

func table(w io.Writer, out string) error {
	runs, err := runlog.ReadRuns(out)
	if err != nil {
		return err
	}
	slices.SortStableFunc(runs, func(a, b *runlog.Run) int { return cmp.Compare(a.Setup.Seed, b.Setup.Seed) })
	rows := map[string]*row{}
	for _, r := range runs {
		if !r.Summary.Finished {
			fmt.Fprintf(w, "%s is not finished and left out\n\n", r.Dir)
			continue
		}
		m := rows[r.Setup.Method]
		if m == nil {
			m = &row{bound: r.Setup.LambdaBound}
			rows[r.Setup.Method] = m
		}
		largest, converged := lastThird(r)
		m.accuracy = append(m.accuracy, 100*r.Summary.TestAccuracy.Float())
		m.lambda = append(m.lambda, r.Summary.LambdaMax.Float())
		m.shares = append(m.shares, largest/m.bound)
		if !converged {
			m.unconverged++
		}
		if r.Summary.NotLearnt != "" {
			m.notLearnt++
		}
	}
	names := make([]string, 0, len(rows))
	for name := range rows {
		names = append(names, name)
	}
	order := parameter.MethodNames()
	slices.SortFunc(names, func(a, b string) int {
		of := func(name string) int { before, _, _ := strings.Cut(name, ":"); return slices.Index(order, before) }
		return cmp.Or(of(a)-of(b), cmp.Compare(rows[b].bound, rows[a].bound), cmp.Compare(a, b))
	})
	fmt.Fprintln(w, "| | n | test accuracy % | λmax at the end | largest λmax of the last third ÷ bound |")
	fmt.Fprintln(w, "|---|---|---|---|---|")
	for _, name := range names {
		m := rows[name]
		var shares []string
		for _, s := range m.shares {
			if m.bound > 0 {
				shares = append(shares, fmt.Sprintf("%.2f", s))
			}
		}
		note := ""
		if m.notLearnt > 0 {
			note = fmt.Sprintf("; %d not learnt", m.notLearnt)
		}
		if m.unconverged > 0 {
			note += fmt.Sprintf("; %d with a λmax that is not converged", m.unconverged)
		}
		fmt.Fprintf(w, "| %s | %d | %s | %s | %s%s |\n", name, len(m.lambda), compare.NewEstimate(m.accuracy),
			compare.NewEstimate(m.lambda), strings.Join(shares, ", "), note)
	}
	return nil
}

// lastThird is the largest λmax that was measured in the last third of the epochs, and whether all of these converged.
func lastThird(r *runlog.Run) (largest float64, converged bool) {
	largest, converged = r.Summary.LambdaMax.Float(), true
	for _, rec := range r.Records {
		if rec.Kind == runlog.Curvature && 3*rec.Epoch.Float() > 2*float64(r.Setup.Epochs) {
			largest = math.Max(largest, rec.LambdaMax.Float())
			converged = converged && rec.LambdaResidual.Float() <= r.Setup.LambdaTolerance
		}
	}
	return largest, converged
}
