package claims

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// WriteText writes findings for a terminal of 100 columns: a paragraph a comparison, and the rules below.
func WriteText(w io.Writer, findings []Finding) error {
	var b strings.Builder
	for i, f := range findings {
		if i == 0 || !f.sameComparison(findings[i-1]) {
			fmt.Fprintf(&b, "%s against %s\n", f.Method, f.Baseline)
		}
		fmt.Fprintf(&b, "  %-66s%s\n", f.Text(), f.Verdict)
		b.WriteString(compare.Wrap("      ", "      ", f.Detail))
		if i+1 == len(findings) || !f.sameComparison(findings[i+1]) {
			b.WriteString("\n")
		}
	}
	for _, rule := range Rules {
		b.WriteString(compare.Wrap("- ", "  ", rule))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes findings as {"findings": [...], "rules": [...]}. A number that is not known is absent.
func WriteJSON(w io.Writer, findings []Finding) error {
	type finding struct {
		Claim          string        `json:"claim"`
		Text           string        `json:"text"`
		Method         string        `json:"method"`
		Baseline       string        `json:"baseline"`
		Verdict        string        `json:"verdict"`
		Detail         string        `json:"detail"`
		N              int           `json:"n"`
		Difference     runlog.Number `json:"difference,omitzero"`
		DifferenceCI95 runlog.Number `json:"difference_ci95,omitzero"`
		P              runlog.Number `json:"p,omitzero"`
		PHolm          runlog.Number `json:"p_holm,omitzero"`
	}
	out := struct {
		Findings []finding `json:"findings"`
		Rules    []string  `json:"rules"`
	}{[]finding{}, Rules}
	for _, f := range findings {
		out.Findings = append(out.Findings, finding{
			Claim: f.Claim, Text: f.Text(), Method: f.Method, Baseline: f.Baseline, Verdict: f.Verdict, Detail: f.Detail, N: f.N,
			Difference: runlog.Num(f.Difference.Mean), DifferenceCI95: runlog.Num(f.Difference.HalfWidth), P: runlog.Num(f.P),
			PHolm: runlog.Num(f.PHolm),
		})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
