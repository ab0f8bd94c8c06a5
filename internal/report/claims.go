package report

import (
	"fmt"
	"strings"

	"github.com/xsam-go/xsam/claims"
)

// claimsIntro says what the section about the paper's claims shows.
const claimsIntro = "Each form of X-SAM, and nsam, against SAM, the published form also against nsam, which is that " +
	"without its correction; paired by seed; Holm's correction over the three claims of a comparison. docs/recipes.md " +
	"has the rules."

// claims is what the runs say of the paper's claims: nothing without runs of SAM and of X-SAM of one experiment.
func (c *Comparison) claims() []claims.Finding {
	findings, err := claims.Judge(c.Runs)
	if err != nil {
		return nil
	}
	return findings
}

// claimsSummary counts the verdicts: "4 supported, 2 no test".
func claimsSummary(found []claims.Finding) string {
	var parts []string
	for _, verdict := range []string{claims.Supported, claims.NotDistinguishable, claims.Contradicted, claims.NoTest} {
		n := 0
		for _, f := range found {
			if f.Verdict == verdict {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, verdict))
		}
	}
	return strings.Join(parts, ", ")
}
