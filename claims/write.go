package claims

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/xsam-go/xsam/runlog"
)

// WriteText writes findings for a terminal: a paragraph a method, and the rules below.
func WriteText(w io.Writer, findings []Finding) error {
	var b strings.Builder
	for i, f := range findings {
		if i == 0 || f.Method != findings[i-1].Method {
			if i > 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "%s against %s\n", f.Method, f.Baseline)
		}
		fmt.Fprintf(&b, "  %s\v%s\n      %s\n", Text(f.Claim), f.Verdict, f.Detail)
	}
	columns := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, line := range strings.Split(b.String(), "\n") {
		fmt.Fprintln(columns, strings.ReplaceAll(line, "\v", "\t"))
	}
	for _, rule := range Rules {
		fmt.Fprintln(columns, "- "+rule)
	}
	return columns.Flush()
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
			Claim: f.Claim, Text: Text(f.Claim), Method: f.Method, Baseline: f.Baseline, Verdict: f.Verdict, Detail: f.Detail, N: f.N,
			Difference: runlog.Num(f.Difference.Mean), DifferenceCI95: runlog.Num(f.Difference.HalfWidth), P: runlog.Num(f.P), PHolm: runlog.Num(f.PHolm),
		})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
