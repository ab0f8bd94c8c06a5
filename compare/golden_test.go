package compare

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sparse is a table in which much is missing: one seed of one method, an unfinished run, numbers not known.
func sparse() *Table {
	runs := []runlog.Summary{run("sgd", 0, 0.9, 8, 0.001, 1), run("xsam:alpha=0.5", 0, 0.92, math.NaN(), math.NaN(), 2),
		{Method: "xsam:alpha=0.5", Seed: 1, Stopped: "the loss is NaN at step 77"}}
	return New(runs, Options{Methods: []string{"sgd", "xsam:alpha=0.5", "asam"}})
}

func TestGolden(t *testing.T) {
	tables := []struct {
		name  string
		table *Table
	}{{"four-seeds", New(fourSeeds(), Options{})}, {"sparse", sparse()}, {"empty", New(nil, Options{})}}
	formats := []struct {
		extension string
		write     func(*Table, io.Writer) error
	}{{"txt", (*Table).WriteText}, {"json", (*Table).WriteJSON}, {"csv", (*Table).WriteCSV}}
	for _, tt := range tables {
		for _, f := range formats {
			t.Run(tt.name+"."+f.extension, func(t *testing.T) {
				var got bytes.Buffer
				if err := f.write(tt.table, &got); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join("testdata", tt.name+"."+f.extension)
				if *update {
					if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Bytes(), want) {
					t.Errorf("%s: got\n%s\nwant\n%s\n(go test -update writes the golden files anew)", path, got.Bytes(), want)
				}
				for _, line := range strings.Split(got.String(), "\n") {
					if n := len([]rune(line)); f.extension == "txt" && n > 100 {
						t.Errorf("a line of %d characters, want at most 100: %s", n, line)
					}
				}
			})
		}
	}
}

// Other tools read the keys of the JSON table.
func TestJSONKeys(t *testing.T) {
	var text bytes.Buffer
	if err := New(fourSeeds(), Options{}).WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var got map[string][]map[string]any
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || len(got["table"]) != 3 || len(got["runs"]) != 12 {
		t.Fatalf("%d keys, %d rows, %d runs, want table and runs alone, 3, 12", len(got), len(got["table"]), len(got["runs"]))
	}
	row := got["table"][2]
	for key, want := range map[string]any{
		"method": "xsam", "n": 4.0, "test_accuracy_mean": 0.94, "lambda_max_mean": 4.0, "lambda_max_ci95": 0.0,
		"step_cost_vs_sgd": 2.15, "baseline": "sam",
	} {
		x, isNumber := want.(float64)
		y, _ := row[key].(float64)
		if (isNumber && !near(y, x, 1e-9)) || (!isNumber && row[key] != want) {
			t.Errorf("table[2][%q] = %v, want %v", key, row[key], want)
		}
	}
}

func TestCSVHasOneLineAMethod(t *testing.T) {
	var text bytes.Buffer
	if err := sparse().WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&text).ReadAll() // also checks that all lines have as many fields
	if err != nil || len(lines) != 4 || len(lines[0]) != len(columns) {
		t.Errorf("CSV of 3 methods has %d lines of %d fields (error %v), want a header and 3 of %d", len(lines),
			len(lines[0]), err, len(columns))
	}
}
