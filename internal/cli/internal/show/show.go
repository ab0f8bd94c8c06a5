// Package show writes results for people and for programs: times, paths, numbers, JSON, warnings.
package show

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xsam-go/xsam/runlog"
)

// JSON prints v.
func JSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// Warnings prints warnings, one a line.
func Warnings(w io.Writer, texts ...string) {
	for _, text := range texts {
		fmt.Fprintln(w, "xsam: warning:", text)
	}
}

// Duration writes a time for people.
func Duration(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	if d < time.Hour {
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// Path is a path as the user would type it: relative where that is shorter.
func Path(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(wd, path); err == nil && len(rel) < len(path) {
		return rel
	}
	return path
}

// Number writes a number with so many decimals, NaN as a dash.
func Number(x float64, decimals int) string {
	if math.IsNaN(x) {
		return "–"
	}
	return fmt.Sprintf("%.*f", decimals, x)
}

// CurvatureCost says what the measurements along training took of the time of runs; "" when there were none.
func CurvatureCost(runs []runlog.Summary) string {
	var spent, all float64
	measured := false
	for _, s := range runs {
		if s.CurvatureSeconds.Known() {
			measured = true
			spent += s.CurvatureSeconds.Float()
			all += s.WallSeconds.Float()
		}
	}
	if !measured {
		return ""
	}
	return fmt.Sprintf("measured along training in %.1f s, %.0f %% of the time", spent, 100*spent/all)
}

// Quoted is a word as a shell takes it.
func Quoted(word string) string {
	if !strings.ContainsAny(word, " \t\n'\"\\$`&|;<>()*?[]#~!{}") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
