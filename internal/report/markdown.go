package report

import (
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes the verdict and the tables for a README.
func WriteMarkdown(w io.Writer, comparisons []*Comparison, o Options) error {
	var b strings.Builder
	for i, c := range comparisons {
		if i > 0 {
			b.WriteByte('\n')
		}
		c.markdown(&b, o)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("report: cannot write the tables: %w", err)
	}
	return nil
}

func (c *Comparison) markdown(b *strings.Builder, o Options) {
	t := c.table("")
	h := c.headline(t)
	fmt.Fprintf(b, "### %s\n\n%s\n", escape(c.Name), escape(h.Text))
	if h.Provisional {
		b.WriteString("\nRuns are missing yet: this will change.\n")
	}
	if facts := c.facts(); len(facts) > 0 {
		fmt.Fprintf(b, "\n%s\n", escape(strings.Join(facts, " · ")))
	}
	if found := c.claims(); len(found) > 0 {
		fmt.Fprintf(b, "\n#### The paper's claims\n\n%s\n\n", escape(claimsIntro))
		b.WriteString("| claim | verdict | detail |\n|---|---|---|\n")
		for _, f := range found {
			claim := f.Method + ": " + f.Text()
			fmt.Fprintf(b, "| %s | **%s** | %s |\n", escape(claim), escape(f.Verdict), escape(f.Detail))
		}
	}
	if len(t.Rows) > 0 {
		c.methodsTable(t).markdown(b, "Methods")
		c.early(t.Baseline).markdown(b, "The first epochs")
		if g, ok := c.measuredTable(); ok {
			g.markdown(b, "Curvature")
		}
		c.cost(t).markdown(b, "Cost")
	}
	if warnings := c.warnings(t); len(warnings) > 0 {
		b.WriteString("\n#### Warnings\n\n")
		for _, w := range warnings {
			fmt.Fprintf(b, "- %s\n", escape(w))
		}
	}
	if o.Command != nil {
		if command := o.Command(c); command != "" {
			fmt.Fprintf(b, "\nMade with\n\n```sh\n%s\n```\n", command)
		}
	}
}

// markdown writes a table whose columns are set to the right.
func (g Grid) markdown(b *strings.Builder, title string) {
	fmt.Fprintf(b, "\n#### %s\n\n| method |", title)
	for _, c := range g.Columns {
		fmt.Fprintf(b, " %s |", escape(c))
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(g.Columns)) + "\n")
	for _, r := range g.Rows {
		fmt.Fprintf(b, "| %s |", escape(r.Head))
		for _, c := range r.Cells {
			text := escape(c.Text)
			for _, more := range []string{c.Test, c.Verdict} {
				if more != "" {
					text += "<br>" + escape(more)
				}
			}
			fmt.Fprintf(b, " %s |", text)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "\n%s\n", escape(g.Caption))
}

// escape keeps a text from being read as Markdown or HTML.
func escape(text string) string {
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", "\\*", "_", "\\_",
		"`", "\\`", "[", "\\[", "\n", " ").Replace(text)
}
