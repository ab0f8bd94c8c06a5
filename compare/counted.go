package compare

import "github.com/xsam-go/xsam/runlog"

// Counted tells which of the runs count: of each method and seed the first that has finished or, where none has, the
// first.
func Counted(runs []runlog.Summary) []bool {
	type of struct {
		method string
		seed   int64
	}
	first := map[of]int{}
	for i, r := range runs {
		key := of{r.Method, r.Seed}
		if at, there := first[key]; !there || r.Finished && !runs[at].Finished {
			first[key] = i
		}
	}
	counted := make([]bool, len(runs))
	for _, i := range first {
		counted[i] = true
	}
	return counted
}
