package compare

import (
	"fmt"
	"slices"
	"strings"
)

// group are runs whose recipes have the same flags, but for the methods and the seeds.
type group struct {
	line    string
	methods []string
	seeds   map[string][]int64 // by method
}

func (g *group) add(method string, seed int64) {
	if !slices.Contains(g.methods, method) {
		g.methods = append(g.methods, method)
	}
	g.seeds[method] = append(g.seeds[method], seed)
}

// commands make these runs and no others: one for the methods that have the same seeds, and for each range of them.
func (g *group) commands() (lines []string) {
	ranges := map[string][]string{} // of seeds, as flags, by method
	for method, seeds := range g.seeds {
		ranges[method] = seedFlags(seeds)
	}
	methods := slices.Clone(g.methods)
	for len(methods) > 0 {
		of := ranges[methods[0]]
		var alike, others []string
		for _, m := range methods {
			if slices.Equal(ranges[m], of) {
				alike = append(alike, m)
			} else {
				others = append(others, m)
			}
		}
		for _, seeds := range of {
			lines = append(lines, fmt.Sprintf("xsam compare %s --methods %s%s", g.line, strings.Join(alike, ","), seeds))
		}
		methods = others
	}
	return lines
}

// seedFlags names the seeds, one text for each range without a gap.
func seedFlags(seeds []int64) (ranges []string) {
	seeds = slices.Clone(seeds)
	slices.Sort(seeds)
	seeds = slices.Compact(seeds)
	for from, i := 0, 1; i <= len(seeds); i++ {
		if i < len(seeds) && seeds[i] == seeds[i-1]+1 {
			continue
		}
		text := fmt.Sprintf(" --seeds %d", i-from)
		if seeds[from] != 0 {
			text += fmt.Sprintf(" --seed %d", seeds[from])
		}
		ranges, from = append(ranges, text), i
	}
	return ranges
}
