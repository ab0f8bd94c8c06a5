package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/backend"
)

func newBackend(stdout, stderr io.Writer) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backend",
		Short: "Say which engine computes, and install one",
		Long: `Backend says which engines there are on this computer and which one the other commands would use.
Nothing is downloaded by it; "xsam backend install" does that.`,
		Example: "  xsam backend\n  xsam backend install",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return showBackend(stdout, backend.Status()) },
	}
	install := &cobra.Command{
		Use:       "install [cpu|cuda]",
		Short:     "Install XLA's plugin for the CPU, or for an NVIDIA GPU",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"cpu", "cuda"},
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "cpu"
			if len(args) == 1 {
				name = args[0]
			}
			path, err := backend.Install(cmd.Context(), backend.InstallOptions{Engine: name, Out: stderr,
				Terminal: isTerminal(stderr)})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(stdout, path)
			return err
		},
	}
	cmd.AddCommand(install)
	return cmd
}

// showBackend prints what there is.
func showBackend(w io.Writer, found backend.Found) error {
	fmt.Fprintf(w, "in use    %s\n\n", inUse(found))
	for _, p := range found.Plugins {
		state := "not installed"
		switch {
		case p.Installed() && p.Checked != nil:
			state = fmt.Sprintf("installed, but broken: %v", p.Checked)
		case p.Installed():
			state = fmt.Sprintf("installed, %d bytes, %s", p.Bytes, checked(p))
		}
		fmt.Fprintf(w, "%-9s %s\n", p.Engine, state)
		if p.Source != "" {
			fmt.Fprintf(w, "          from %s\n", p.Source)
		}
		if p.Path != "" {
			fmt.Fprintf(w, "          at %s\n", p.Path)
		}
	}
	fmt.Fprintf(w, "%-9s always there\n\n", "go")
	noInstall := "not set"
	if found.NoInstall {
		noInstall = "set: nothing is downloaded by itself"
	}
	fmt.Fprintf(w, "NVIDIA GPU             %s\n", yesNo(found.GPU))
	fmt.Fprintf(w, "GOMLX_BACKEND          %s\n", orNotSet(found.Setting))
	fmt.Fprintf(w, "GOMLX_NO_AUTO_INSTALL  %s\n", noInstall)
	_, err := fmt.Fprintf(w, "XLA_FLAGS              %s\n", orNotSet(found.XLAFlags))
	return err
}

// checked says how far a plugin is known to be what was published.
func checked(p backend.Plugin) string {
	if p.SHA256 == "" {
		return "not checked: no checksum of it is known"
	}
	return "SHA-256 " + p.SHA256 + " as published"
}

// inUse says which engine the other commands take when they are given none.
func inUse(found backend.Found) string {
	if found.Setting != "" && found.Setting != "auto" {
		return found.Setting + ", as GOMLX_BACKEND says"
	}
	usable := map[string]bool{}
	for _, p := range found.Plugins {
		usable[p.Engine] = p.Installed() && p.Checked == nil
	}
	switch {
	case found.GPU && usable["xla:cuda"]:
		return "xla:cuda"
	case usable["xla:cpu"]:
		return "xla:cpu"
	case found.NoInstall:
		return "go, slower than XLA: no plugin is installed, and GOMLX_NO_AUTO_INSTALL is set"
	default:
		return "xla:cpu, whose plugin the first command downloads"
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func orNotSet(s string) string {
	if s == "" {
		return "not set"
	}
	return s
}
