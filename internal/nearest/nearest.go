// Package nearest finds the word that was meant.
package nearest

import (
	"fmt"
	"strings"
)

// DidYouMean is ": did you mean WORD?" with the known word that is nearest to one that is not, "" where none is near.
// prefix stands before the word.
func DidYouMean(prefix, word string, known []string) string {
	best, least := "", 1+min(2, len([]rune(word))/3)
	for _, k := range known {
		d := Distance(strings.ToLower(word), k)
		if strings.HasPrefix(k, strings.ToLower(word)) && len(word) > 2 {
			d = min(d, 1)
		}
		if d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %s%s?", prefix, best)
}

// Distance is the least number of letters to add, leave out, change, or exchange with their neighbours, that makes one
// word of the other (optimal string alignment).
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range y {
		d[0][j+1] = j + 1
	}
	for i := range x {
		for j := range y {
			change := 1
			if x[i] == y[j] {
				change = 0
			}
			d[i+1][j+1] = min(d[i][j+1]+1, d[i+1][j]+1, d[i][j]+change)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				d[i+1][j+1] = min(d[i+1][j+1], d[i-1][j-1]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}
