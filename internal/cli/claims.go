package cli

import (
	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/report"
	"github.com/xsam-go/xsam/runlog"
)

// claimSections is what a comparison says of the paper's claims, as a section of its report; none where it has no runs of SAM
// and of X-SAM to judge by.
func claimSections(c *report.Comparison) []report.Section {
	runs := make([]*runlog.Run, len(c.Runs))
	for i, r := range c.Runs {
		summary := r.Summary
		runs[i] = &runlog.Run{Dir: r.Name, Config: r.Raw, Summary: &summary, Records: r.Records}
	}
	findings, err := claims.Judge(runs)
	if err != nil {
		return nil
	}
	section := report.Section{
		Title: "The paper's claims",
		Intro: "Each form of X-SAM against SAM, paired by seed; Holm's correction over the three claims of a form. docs/recipes.md has the rules.",
	}
	for _, f := range findings {
		section.Claims = append(section.Claims, report.Claim{Claim: f.Method + ": " + f.Text(), Verdict: f.Verdict, Detail: f.Detail})
	}
	return []report.Section{section}
}
