package data

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/datasets/own"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/recipe"
)

// inspectFormats are those of what was understood, which is no table of numbers.
var inspectFormats = []string{"table", "json"}

func newInspect(stdout io.Writer) *cobra.Command {
	fields := flags.NoRecipe()
	set := fields.Add("What is inspected")
	fields.AddFields(set, recipe.DataGroup, "data-dir", "label", "task", "image", "train-size", "test-size",
		"validation-size", "data-seed")
	set.Lookup("data-dir").Usage = "`folder` at which a relative path of DATA begins (default: the working folder)"
	var format string
	flags.AddFormat(set, &format, inspectFormats)
	fields.Choices["format"] = inspectFormats
	cmd := &cobra.Command{
		Use:   "inspect DATA",
		Short: "Say what is understood of data of your own, before anything is trained",
		Long: `Inspect reads data of your own as compare and train do, and says what it understood: classes, counts, shapes,
ranges, how it is split, what is in both the training and the test part, and which files cannot be read.

DATA is what --data of compare takes: ` + own.Forms() + `.`,
		Example: `  xsam data inspect folder:photos --image 32x32x3
  xsam data inspect csv:iris.csv --label species --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.CheckFormat(format, inspectFormats); err != nil {
				return err
			}
			if !flags.IsOwn(args[0]) {
				return exit.Usagef("%q is no data of your own: want %s; for built-in sets there is xsam data verify",
					args[0], own.Forms())
			}
			fields.Data = args[0]
			r := fields.Recipe()
			if err := flags.Locate(&r); err != nil {
				return err
			}
			found, err := datasets.Inspect(r.Data, r.DataOptions())
			if found == nil {
				return err
			}
			if format == "json" {
				if jsonErr := show.JSON(stdout, found); jsonErr != nil {
					return jsonErr
				}
				return err
			}
			printInspection(stdout, found)
			return err
		},
	}
	flags.Attach(cmd, fields.Groups, fields.Choices)
	return cmd
}

// printInspection writes what was understood, for people.
func printInspection(w io.Writer, i *datasets.Inspection) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	files := fmt.Sprintf("%d files", i.Files)
	if i.Files == 1 {
		files = "1 file"
	}
	line("data", "%s, %s, fingerprint %s", i.Data, files, i.Fingerprint)
	switch {
	case i.Table:
		line("examples", "%d numbers each, of %d columns", i.Image[2], len(i.Columns))
		line("columns", "%s", columnsText(i.Columns))
	case i.Sizes != nil:
		line("examples", "images of %d sizes (height, width, channels): %s", len(i.Sizes), sizesText(i.Sizes))
	case i.Image != [3]int{}: // else none can be read
		line("examples", "images of %d×%d×%d (height, width, channels)", i.Image[0], i.Image[1], i.Image[2])
	}
	if i.Task == own.Regression {
		line("learnt", "%s, a number", i.Label)
	} else {
		line("learnt", "%s, one of %d classes", i.Label, len(i.Classes))
	}
	line("split", "%s", i.Split)
	d := i.Duplicates
	line("duplicates", "%d test examples are in the training part too, %d of them with another label", d.TrainTest,
		d.OtherLabel)
	for _, e := range d.Examples {
		line("", "%s", e)
	}
	for _, note := range i.Notes {
		line("note", "%s", note)
	}
	for _, f := range i.Unreadable {
		line("unreadable", "%s: %s", f.Path, f.Why)
	}
	if len(i.Parts) > 0 {
		fmt.Fprintln(w)
		printParts(w, i)
	}
}

// most is the number of columns or of sizes that are listed.
const most = 12

// sizesText lists sizes with their files.
func sizesText(sizes []own.SizeCount) string {
	var texts []string
	for _, s := range sizes[:min(most, len(sizes))] {
		texts = append(texts, fmt.Sprintf("%d of %d×%d×%d", s.Files, s.Height, s.Width, s.Channels))
	}
	if n := len(sizes) - most; n > 0 {
		texts = append(texts, fmt.Sprintf("and %d more sizes", n))
	}
	return strings.Join(texts, ", ")
}

// columnsText lists columns with the number of their categories.
func columnsText(columns []own.Column) string {
	var texts []string
	for _, c := range columns[:min(most, len(columns))] {
		text := c.Name
		if c.Categories != nil {
			text += fmt.Sprintf(" (%d categories)", len(c.Categories))
		}
		texts = append(texts, text)
	}
	if n := len(columns) - most; n > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(texts, ", ")
}

// printParts is a table of the parts: their examples, ranges and classes.
func printParts(w io.Writer, i *datasets.Inspection) {
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	header := ""
	for _, p := range i.Parts {
		header += "\t" + p.Name
	}
	fmt.Fprintf(out, "%s\t\n", header)
	row := func(name string, of func(datasets.Inspected) string) {
		fmt.Fprint(out, name)
		for _, p := range i.Parts {
			fmt.Fprint(out, "\t", of(p))
		}
		fmt.Fprint(out, "\t\n")
	}
	row("examples", func(p datasets.Inspected) string { return fmt.Sprint(p.Examples) })
	row("values from", func(p datasets.Inspected) string { return fmt.Sprintf("%.4g", p.Values.Min) })
	row("values to", func(p datasets.Inspected) string { return fmt.Sprintf("%.4g", p.Values.Max) })
	if i.Task == own.Regression {
		row(i.Label+" from", func(p datasets.Inspected) string { return fmt.Sprintf("%.4g", p.Targets.Min) })
		row(i.Label+" to", func(p datasets.Inspected) string { return fmt.Sprintf("%.4g", p.Targets.Max) })
	}
	for class, name := range i.Classes {
		row(name, func(p datasets.Inspected) string { return fmt.Sprint(p.ClassCounts[class]) })
	}
	_ = out.Flush()
}
