package report

import "fmt"

// Card is a comparison in a list of comparisons.
type Card struct {
	Name, Address string
	// Facts say what was trained, Verdict what came out, "" while that is open; State is "" where all is done. Problem
	// is "" where the folder can be read.
	Facts, Verdict, State, Problem string
	Finished, Planned              int
}

// Progress is "3 of 16 runs".
func (c Card) Progress() string {
	if c.Finished == c.Planned {
		return count(c.Planned, "run")
	}
	return fmt.Sprintf("%d of %s", c.Finished, count(c.Planned, "run"))
}

// Verdict is the sentence at the top of the page.
func (c *Comparison) Verdict() string { return c.headline(c.table("")).Text }
