package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/plots"
)

// figures are the flags for figures as files.
type figures struct {
	dir  string
	size plots.Size

	folders map[*report.Comparison]string // below dir; "" for a comparison that is alone
}

func (f *figures) add(set *pflag.FlagSet) {
	f.size = plots.DefaultSize()
	set.StringVar(&f.dir, "figures", "",
		"`folder` for every figure as SVG, PDF and CSV, which the page links (default: none)")
	set.Var(&f.size, "figure-size", "size of these in cm, `WIDTHxHEIGHT`")
}

func (f *figures) validate(changed bool) error {
	if changed && f.dir == "" {
		return exit.Usagef("--figure-size is that of --figures, which names their folder")
	}
	return nil
}

// place is the file of the page, "" for standard output.
func (o *options) place() string {
	if o.out == "" && o.format == "html" {
		return "report.html"
	}
	return o.out
}

// draw writes the figures that are asked for, and tells the page where they lie.
func (o *options) draw(comparisons []*report.Comparison) error {
	switch {
	case o.page.Overlay && len(comparisons) != 2:
		return exit.Usagef("--overlay of %d comparisons: want two folders of runs", len(comparisons))
	case o.page.Overlay && o.format == "md":
		return exit.Usagef("--overlay is of the page: leave --format md out")
	case o.figures.dir == "":
		return nil
	}
	o.figures.name(comparisons)
	o.page.File = o.figures.links(o.place())
	return o.figures.write(comparisons, o.page.Overlay)
}

// name gives each comparison a folder, by its name and, where another has that too, its number.
func (f *figures) name(comparisons []*report.Comparison) {
	f.folders = map[*report.Comparison]string{}
	taken := map[string]bool{}
	for i, c := range comparisons {
		name := c.Name
		for number := i + 1; taken[name]; number++ {
			name = fmt.Sprintf("%s-%d", c.Name, number)
		}
		taken[name] = true
		if len(comparisons) > 1 {
			f.folders[c] = name
		}
	}
}

// place is the folder of the figures of a comparison, or of two that are laid over each other.
func (f *figures) place(of []*report.Comparison) string {
	var names []string
	for _, c := range of {
		names = append(names, f.folders[c])
	}
	return filepath.Join(f.dir, strings.Join(names, "-and-"))
}

// write writes the figures of comparisons and, with overlay, those of the first two over each other.
func (f *figures) write(comparisons []*report.Comparison, overlay bool) error {
	sets := [][]*report.Comparison{}
	for _, c := range comparisons {
		sets = append(sets, []*report.Comparison{c})
	}
	if overlay {
		sets = append(sets, comparisons[:2])
	}
	for _, of := range sets {
		dir := f.place(of)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("the figures cannot be written: %w: choose another place with --figures", err)
		}
		for _, figure := range report.Files(of...) {
			for _, format := range report.FileFormats() {
				if err := f.file(filepath.Join(dir, figure.Name+"."+format), figure, format); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (f *figures) file(path string, figure report.File, format string) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("the figures cannot be written: %w: choose another place with --figures", err)
	}
	return errors.Join(figure.Encode(file, format, f.size), file.Close())
}

// links returns the addresses of the figures for a page that is written to the file out.
func (f *figures) links(out string) func(of []*report.Comparison, figure, format string) string {
	if out == "-" {
		return nil
	}
	return func(of []*report.Comparison, figure, format string) string {
		from, err := filepath.Abs(filepath.Dir(out))
		if err != nil {
			return ""
		}
		to, err := filepath.Abs(filepath.Join(f.place(of), figure+"."+format))
		if err != nil {
			return ""
		}
		path, err := filepath.Rel(from, to)
		if err != nil {
			return "" // on another drive
		}
		return filepath.ToSlash(path)
	}
}
