package own

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Numbers and words that are written come back, whatever the separator, the order of the columns and the header.
func TestCSV(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 2))
		columns, n := 1+random.IntN(6), 20+random.IntN(30)
		label, header, separator := random.IntN(columns+1), random.IntN(2) == 1, []string{",", ";", "\t"}[random.IntN(3)]
		words := make([]bool, columns+1) // a column of categories
		for i := range words {
			words[i] = i != label && random.IntN(3) == 0
		}
		var lines []string
		if header {
			var names []string
			for i := range columns + 1 {
				names = append(names, fmt.Sprintf("c%d", i+1))
			}
			lines = append(lines, strings.Join(names, separator))
		}
		var want [][]float64
		var labels []string
		for row := range n {
			var fields []string
			var values []float64
			for i := range columns + 1 {
				switch {
				case i == label:
					labels = append(labels, fmt.Sprint(row%3))
					fields = append(fields, fmt.Sprint(row%3))
				case words[i]: // two categories, both of which occur
					at := row % 2
					fields = append(fields, []string{"no", `"a, b; c"`}[1-at])
					values = append(values, float64(1-at), float64(at))
				default:
					x := float64(random.NormFloat64())
					fields, values = append(fields, fmt.Sprint(x)), append(values, x)
				}
			}
			lines, want = append(lines, strings.Join(fields, separator)), append(want, values)
		}
		text := strings.Join(lines, []string{"\n", "\r\n"}[random.IntN(2)]) + "\n"
		if random.IntN(2) == 1 {
			text = "\ufeff" + text
		}
		path := write(t, t.TempDir(), "d.csv", []byte(text))
		d := opened(t, "csv:"+path, Options{Label: fmt.Sprint(label + 1)})
		if d.Train.Len() != n {
			t.Errorf("seed %d: %d examples, want %d:\n%s", seed, d.Train.Len(), n, text)
			continue
		}
		err := d.Train.Each(func(row int, values []float64) error {
			if !slices.Equal(values, want[row]) || d.Classes[d.Train.Labels[row]] != labels[row] {
				t.Errorf("seed %d, row %d: %v %s, want %v %s", seed, row, values, d.Classes[d.Train.Labels[row]], want[row],
					labels[row])
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
