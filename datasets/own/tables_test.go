package own

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// rows writes lines of a table: a header, and n lines by number.
func rows(header string, n int, line func(i int) string) func(*testing.T) []byte {
	return func(*testing.T) []byte {
		lines := []string{header}
		for i := range n {
			lines = append(lines, line(i))
		}
		return []byte(strings.Join(lines, "\n") + "\n")
	}
}

// What tables of other programs look like is understood as it is meant.
func TestTables(t *testing.T) {
	index := func(i int) string { return fmt.Sprintf("%d.5,%d,2.5,3.5,%d.0", i, i, i%2) }
	for _, tt := range []struct {
		name, label string
		contents    func(*testing.T) []byte
		columns     string
		classes     string
		first       []float64
	}{
		{"decimal commas", "y", rows("a;b;y", 4, func(i int) string {
			return fmt.Sprintf("%d,25;-1,5e1;%d", i, i%2)
		}), "a,b", "0,1", []float64{0.25, -15}},
		{"decimal commas among whole numbers", "y", rows("a;y", 4, func(i int) string {
			return []string{"5;0", "5,5;1", "6;0", "1,234;1"}[i]
		}), "a", "0,1", []float64{5}},
		{"decimal commas without a header", "3",
			rows("5,1;3,5;s", 3, func(int) string { return "5,0;2,5;s\n1,0;2,0;t" }), "1,2", "s,t", []float64{5.1, 3.5}},
		{"the sign − of typesetters", "y", rows("a,y", 4, func(i int) string {
			return fmt.Sprintf("−%d,%d", i+1, i%2)
		}), "a", "0,1", []float64{-1}},
		{"columns that pandas counts, by name", "4", rows("0,1,2,3,4", 6, index), "0,1,2,3", "0.0,1.0",
			[]float64{0.5, 0, 2.5, 3.5}},
		{"columns that pandas counts, by place", "5", rows("0,1,2,3,4", 6, index), "0,1,2,3", "0.0,1.0",
			[]float64{0.5, 0, 2.5, 3.5}},
		{"the same beside the numbers of the rows", "4", rows(",0,1,2,3,4", 6, func(i int) string {
			return fmt.Sprint(i, ",", index(i))
		}), "0,1,2,3", "0.0,1.0", []float64{0.5, 0, 2.5, 3.5}},
		{"columns counted from 1", "5", rows("1,2,3,4,5", 6, index), "1,2,3,4", "0.0,1.0", []float64{0.5, 0, 2.5, 3.5}},
		{"a year as a name", "2019", rows("2018,2019", 4, func(i int) string { return fmt.Sprintf("%d.5,%d", i, i%2) }),
			"2018", "0,1", []float64{0.5}},
		{"a place, and the number among the examples", "2", rows("2,0", 4, func(i int) string {
			return fmt.Sprintf("%d,%d", i, i%2)
		}), "1", "0,1", []float64{2}},
		{"few numbers and a word are categories", "y", rows("doors,y", 8, func(i int) string {
			return fmt.Sprintf("%s,%d", []string{"2", "3", "4", "5more"}[i%4], i%2)
		}), "doors", "0,1", []float64{1, 0, 0, 0}},
		{"whole numbers as classes", "y", rows("a,y", 60, func(i int) string { return fmt.Sprintf("%d,%d", i, i%20) }), "a",
			"0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19", []float64{0}},
		{"tabs with spaces around the fields", "y", rows("a\tb\ty", 4, func(i int) string {
			return fmt.Sprintf(" %d\t2 \t %d", i, i%2)
		}), "a,b", "0,1", []float64{0, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, t.TempDir(), "d.csv", tt.contents(t))
			d := opened(t, "csv:"+path, Options{Label: tt.label})
			var columns []string
			for _, c := range d.Columns {
				columns = append(columns, c.Name)
			}
			if got := strings.Join(columns, ","); got != tt.columns {
				t.Errorf("columns %s, want %s", got, tt.columns)
			}
			if got := strings.Join(d.Classes, ","); got != tt.classes {
				t.Errorf("classes %s, want %s", got, tt.classes)
			}
			err := d.Train.Each(func(row int, values []float64) error {
				if row == 0 && !slices.Equal(values, tt.first) {
					t.Errorf("the first example is %v, want %v", values, tt.first)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// A number that is learnt may have a decimal comma too.
func TestTargetWithComma(t *testing.T) {
	path := write(t, t.TempDir(), "d.csv", []byte("a;y\n1,5;2,5\n2;3,25\n"))
	d := opened(t, "csv:"+path, Options{Label: "y", Task: Regression})
	if !slices.Equal(d.Train.Targets, []float64{2.5, 3.25}) {
		t.Errorf("targets %v, want 2.5 and 3.25", d.Train.Targets)
	}
}

// What cannot be told from something else is refused, with what to do.
func TestBrokenTables(t *testing.T) {
	label := Options{Label: "y"}
	of := func(header string, n int, line func(i int) string) func(*testing.T, string) string {
		return file("t.csv", rows(header, n, line))
	}
	two := func(format string) func(i int) string {
		return func(i int) string { return fmt.Sprintf(format, i+1, i%2) }
	}
	for _, b := range []broken{
		{"commas of decimals or of thousands", of("a;y", 9, two("%d,234;%d")), label,
			[]string{`"1,234"`, "line 2", "thousands or a fraction", "decimal points"}},
		{"commas and points", of("a;b;y", 9, two("%d,5;1.5;%d")), label, []string{`"1,5"`, "points elsewhere"}},
		{"commas between commas", of("a,y", 9, two(`"%d,5",%d`)), label, []string{`"1,5"`, "that commas separate"}},
		{"percent", of("a,y", 9, two("%d%%,%d")), label, []string{`"1%"`, "line 2", "column a", "plain numbers"}},
		{"dollars", of("a,y", 9, two("$%d,%d")), label, []string{`"$1"`, "plain numbers"}},
		{"thousands", of("a,y", 9, two(`"%d,234.5",%d`)), label, []string{`"1,234.5"`, "plain numbers"}},
		{"a dash for what is missing", of("age,y", 80, func(i int) string {
			if i%8 == 0 {
				return "-,0"
			}
			return fmt.Sprintf("%d,%d", i, i%2)
		}), label, []string{`"-"`, "line 2", "column age", "missing value?"}},
		{"none for what is missing", of("age,y", 80, func(i int) string {
			if i%8 > 4 {
				return "none,0"
			}
			return fmt.Sprintf("%d,%d", i%7, i%2)
		}), label, []string{`"none"`, "line 7", "missing value?"}},
		{"names of a table of words, by place", of("class,cap,odor", 60, func(i int) string {
			return []string{"e", "p"}[i%2] + ",x,a"
		}), Options{Label: "1"}, []string{`label "class" in line 1 alone`, `--label "class"`}},
		{"the same with every class once", of("class,cap", 2, func(i int) string { return []string{"e", "p"}[i] + ",x" }),
			Options{Label: "1"}, []string{"line 1 alone"}},
		{"two columns with the name of the label", of("a,y,b,y", 9, func(i int) string {
			return fmt.Sprintf("%d,%d,3,%d", i, i%2, i%2)
		}), label, []string{"two columns called y, 2 and 4"}},
		{"whole prices as classes", of("a,price", 50, func(i int) string { return fmt.Sprintf("%d,%d", i, 1000+7*i) }),
			Options{Label: "price"}, []string{"50 different numbers", "column price", "--task regression"}},
		{"an empty field between tabs", of("a\tb\ty", 9, func(i int) string {
			if i == 4 {
				return "1\t\t0"
			}
			return fmt.Sprintf("1\t2\t%d", i%2)
		}), label, []string{"no value in line 6, column 2 (b)"}},
		{"an empty column between tabs", of("\ta\tb\ty", 9, two("%d\t\t2.5\t%d")), label,
			[]string{"no value in line 2, column 2 (a)"}},
	} {
		b.run(t, "csv")
	}
}
