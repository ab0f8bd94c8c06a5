package report

import "github.com/xsam-go/xsam/claims"

// claimsIntro says what the section about the paper's claims shows.
const claimsIntro = "Each form of X-SAM against SAM, paired by seed; Holm's correction over the three claims of a " +
	"form. docs/recipes.md has the rules."

// claims is what the runs say of the paper's claims: nothing without runs of SAM and of X-SAM of one experiment.
func (c *Comparison) claims() []claims.Finding {
	findings, err := claims.Judge(c.Runs)
	if err != nil {
		return nil
	}
	return findings
}
