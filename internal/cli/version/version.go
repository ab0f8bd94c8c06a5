// Package version is the command xsam version: what there is to say in a report of a fault.
package version

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/recipe"
)

// New returns the command.
func New(stdout io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which code and which engine this is, with the checksum of its plugin",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return run(stdout) },
	}
}

// modules are those on which the numbers depend.
var modules = []string{"github.com/gomlx/gomlx", "github.com/gomlx/compute", "github.com/gomlx/go-xla"}

// run prints it.
func run(w io.Writer) error {
	fmt.Fprintf(w, "xsam      %s\n", recipe.CodeVersion())
	fmt.Fprintf(w, "go        %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if slices.Contains(modules, m.Path) {
				fmt.Fprintf(w, "          %s %s\n", m.Path, m.Version)
			}
		}
	}
	found := backend.Status()
	_, err := fmt.Fprintf(w, "engine    %s\n", found.InUse())
	for _, p := range found.Plugins {
		if err == nil && p.Installed() {
			state := p.Word()
			if p.Checked != nil {
				state = fmt.Sprintf("broken: %v", p.Checked)
			}
			_, err = fmt.Fprintf(w, "%-9s %s\n          %s\n", p.Engine, p.Path, state)
		}
	}
	return err
}
