package flags

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
)

// TableFormats are the formats of a result that is a table.
var TableFormats = []string{"table", "json", "csv"}

// ListFormats are the formats of a list.
var ListFormats = []string{"table", "json"}

// AddFormat adds the flag for the format of the result; the first one is the default.
func AddFormat(set *pflag.FlagSet, format *string, formats []string) {
	set.StringVar(format, "format", formats[0], "`format` of the result: "+strings.Join(formats, ", "))
}

// CheckFormat tells whether a format is one of several.
func CheckFormat(format string, formats []string) error {
	if !slices.Contains(formats, format) {
		return exit.Usagef("--format %q: want one of %s", format, strings.Join(formats, ", "))
	}
	return nil
}
