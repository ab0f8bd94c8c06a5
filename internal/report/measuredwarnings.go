package report

import (
	"fmt"
)

// measuredWarnings name what did not converge.
func (c *Comparison) measuredWarnings() (warnings []string) {
	for _, r := range c.Runs {
		for _, m := range r.Measurements {
			if !m.Converged {
				const format = "%s: %s of the %s at step %d did not converge"
				text := fmt.Sprintf(format, r.Dir, m.Measure, m.Operator, m.Step)
				if m.Reason != "" {
					text += ": " + m.Reason
				}
				warnings = append(warnings, text)
			}
		}
	}
	return warnings
}
