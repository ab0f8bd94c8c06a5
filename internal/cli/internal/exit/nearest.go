package exit

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/internal/nearest"
)

// Suggest has a command and those below it answer an unknown flag or command with the one that may have been meant.
func Suggest(root *cobra.Command) {
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		if name, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
			return Usagef("%v%s", err, nearest.DidYouMean("--", name, known))
		}
		return err
	})
	for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
		if !cmd.HasSubCommands() {
			continue
		}
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			var known []string
			for _, c := range cmd.Commands() {
				known = append(known, c.Name())
			}
			return Usagef("%s has no command %q: want one of %s", cmd.CommandPath(), args[0], strings.Join(known, ", "))
		}
		if cmd.Run == nil && cmd.RunE == nil { // else cobra does not look at arguments
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}

var choice = regexp.MustCompile(`^(?s)(.*?[" ]([\w.-]+)"?: want one of \[?([\w., -]+?)(?:\]|, or|; |$).*)$`)

// hinted adds to an error that has a wrong word, and those that are known, the one that may have been meant.
func hinted(text string) string {
	m := choice.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	known := strings.FieldsFunc(m[3], func(r rune) bool { return r == ',' || r == ' ' })
	if slices.Contains(known, m[2]) || known[0] == "each" { // which is no list of words
		return text
	}
	return text + nearest.DidYouMean("", m[2], known)
}
